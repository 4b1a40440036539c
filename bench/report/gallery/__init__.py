"""Examples with pictures: single phrases, and the boxes that were chosen for them."""
