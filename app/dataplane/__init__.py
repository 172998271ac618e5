"""The modelled Linux network stack. It knows packets and tables, and no word of what wrote them."""
