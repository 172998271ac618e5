"""CoreDNS and the resolvers around it: records from the store, the cache, forwarding, what lies beyond the cluster."""
