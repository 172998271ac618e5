"""`kubectl describe`: one file a kind. Source: k8s.io/kubectl pkg/describe/describe.go of 1.32.

    @DESCRIBERS.register("Secret")
    def secret(about: Described, out: Writer) -> None: ...

A line is text with tabs between its cells; `Writer` lays a run of such lines out in columns.
"""
