"""RefCOCO, RefCOCO+ and RefCOCOg, as refer publishes them."""
