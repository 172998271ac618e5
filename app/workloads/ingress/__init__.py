"""Ingress controllers: from the objects that they watch to the routing tables of the proxies that they run.

Everything here is a function of a `View`: what the controller has seen of the cluster. One file a controller in
`controllers/`; the programs that serve the tables stand in app/workloads/images.
"""
