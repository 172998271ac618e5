"""Kubernetes as data: the cluster file, manifests, objects and their store. Knows nothing of Linux."""
