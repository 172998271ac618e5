"""What `kubectl create KIND`, `run` and `expose` write: manifests made of flags, byte for byte those of kubectl 1.32.

Bodies keep the order of the fields of Kubernetes' own types, which `-o json` shows; `-o yaml` sorts them. Times that
are not known yet are null and empty statuses are there, as kubectl prints them; `wire` is what goes to the API server.
"""
