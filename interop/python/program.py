"""What the programs of this folder share: commands on standard input, one JSON line each, and the app's own spans.

{"id": 1, "do": "produce", "to": "orders", "messages": ["a"], "context": {"traceparent": "00-…"}}
{"id": 2, "do": "consume", "from": "orders", "deliveries": 1, "batch": false, "failures": 0}
"""

import json
import sys
import threading
from contextlib import contextmanager

from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

tracer = trace.get_tracer("interop")

# Whatever the propagators under test are, a command brings its context in W3C's form.
_w3c = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
_writing = threading.Lock()


@contextmanager
def order(command):
    """The app's own span around what it sends."""
    token = context.attach(_w3c.extract(command["context"]))
    try:
        with tracer.start_as_current_span("order", attributes={"app.messages": command["messages"]}):
            yield
    finally:
        context.detach(token)


def headers_of(command):
    """What is sent as it is, by a program without instrumentation; bytes come as {"bytes": "…"}."""
    return {
        name: value["bytes"].encode() if isinstance(value, dict) else value
        for name, value in command.get("headers", [])
    }


class Handler:
    """Handles deliveries of messages, of which the first ones may be told to fail."""

    def __init__(self, command):
        self.seen = []
        self._command = command

    def handle(self, message, headers):
        """The app's own span around the work on a message. Whether it succeeded."""
        attempt = 1 + sum(one["message"] == message for one in self.seen)
        attributes = {
            "app.message": message,
            "app.attempt": attempt,
            "app.tenant": str(baggage.get_baggage("tenant")),
        }
        with tracer.start_as_current_span("handle", attributes=attributes):
            self.seen.append({"message": message, "attempt": attempt, "headers": headers})
        return attempt > self._command.get("failures", 0)

    @property
    def is_last_failure(self):
        """Whether the message is now to be given up."""
        return "deadLetter" in self._command and self.seen[-1]["attempt"] == self._command["failures"]

    @property
    def is_done(self):
        return len(self.seen) >= self._command["deliveries"]


def serve(produce, consume):
    """Answers each command with one line, in the order in which they are done."""
    threads = []
    for line in sys.stdin:
        command = json.loads(line)
        run = {"produce": produce, "consume": consume}[command["do"]]
        # A thread has a context of its own.
        threads.append(threading.Thread(target=_answer, args=(run, command)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _answer(run, command):
    try:
        answer = run(command)
    except Exception as error:  # pylint: disable=broad-except
        answer = {"error": repr(error)}
    with _writing:
        print(json.dumps({"id": command["id"], **answer}, default=str), flush=True)
