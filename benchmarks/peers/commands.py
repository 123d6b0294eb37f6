"""Commands on stdin, answers on stdout, one JSON object a line: how the peers are driven."""

import importlib.metadata
import json
import os
import sys


def versions(*packages):
    """What is installed; not loaded here, as what is not used need not take memory."""
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": sys.version.split()[0], **found}


def serve(packages, load):
    """Answers until stdin ends. `load` makes the case that the other commands are methods of."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    case = None
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "versions":
            answer = versions(*packages)
        elif command["do"] == "load":
            case, answer = load(command), {}
        else:
            answer = getattr(case, command["do"])(command)
        print(json.dumps(answer), file=answers, flush=True)
