"""Which node a Pod may run on, why not on the others, and which one is best. Knows objects; writes nothing."""
