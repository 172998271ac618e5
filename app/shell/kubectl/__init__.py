"""kubectl 1.32 in the modelled terminal: the client's half. The API server's half (table cells, errors) is app/kube.

    commands/kubectl.py        finds the verb's words, parses the flags, runs the verb, prints what it raises
    kubectl/flags.toml         every command of the real client with its flags: nothing is to be declared twice
    kubectl/flags.py           the grammar of flags (spf13/pflag)
    kubectl/verbs/VERB.py      one file a verb; a group's verbs ("rollout status") are one file each or share one
    kubectl/call.py            KubectlCall: what a verb gets
    kubectl/resources.py       TYPE NAME..., TYPE/NAME, TYPE,TYPE, -l, --all: which objects are meant
    kubectl/errors.py          the client's errors and how it words the server's
    kubectl/output/            tables, YAML, JSON, JSONPath, custom columns, Go templates, names

A verb is a function under its words. It returns what it printed; it stops early by raising:

    @VERBS.register("scale")
    def scale(call: KubectlCall) -> CommandResult:
        '''Set the size of a workload.'''                        # the line in `kubectl help`
        for target in find_objects(call, call.args):             # resources.py: the objects, with their kinds
            call.api.patch(target.kind.kind, target.name, target.namespace, {...}, "merge", subresource="scale")
            call.say(f"{target.text} scaled")                    # deployment.apps/web scaled
        return call.done()                                       # exit code 0; 1 when call.fail() noted an error

    raise error("no objects passed to scale")            # error: no objects passed to scale; exit 1
    raise call.usage_error("NAME is required")           # ...  See 'kubectl run -h' for help and examples
    StatusError of the API passes through                # Error from server (NotFound): pods "x" not found
    call.warn("resource ... is missing the annotation")  # Warning: ...    on stderr, in order
    call.fail(status_error)                              # note it and go on: printed at the end, exit 1

Flags: `call.flags.text("output")`, `.is_on("watch")`, `.texts("filename")`, `.number("replicas")`,
`.seconds("timeout")`, `.is_given("replicas")`. Their names, kinds and defaults are the real client's; an unknown one
never reaches a verb. Output: `output/printer.py`: `form = format_of(call)`, then `print_object(form, body)`.
"""
