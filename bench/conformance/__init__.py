"""What every plug-in has to keep to, checked on a small corpus."""
