"""podwalk: a modelled Kubernetes cluster whose packets can be watched, hop by hop.

    kube     objects: what was asked for               knows Kubernetes, not Linux
    control  plugins and controllers: write tables     reads objects
    dataplane  namespaces, devices, tables: the walk   knows Linux, not Kubernetes
    sim      clock, seed, trace                        the only owner of time and chance
    web, cli, shell, curriculum                        the ways in

Each layer imports only what stands below it (docs/architecture.md; `make check` holds it).
"""

__version__ = "0.1.0"
