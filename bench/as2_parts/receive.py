"""Messages of 10 KB received over real connections: durable before the MDN, and how many a CPU second of the server."""

import argparse
import http.client
import json
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.pipeline_parts.figures import Figures, percentile

from . import pyas2
from .messages import Posted, messages
from .process import Child
from .trade import make_homes

CLIENTS = 4
ROUNDS = 3
WARM_UP = 20
GOAL = 150.0
GOAL_RATIO = 4.0


def measure(root: Path, arguments: argparse.Namespace, figures: Figures) -> None:
    """Ours and pyas2lib by turns, so that both have the machine as it is."""
    homes = make_homes(root / "receive")
    count = arguments.messages
    sent = messages(homes.supplier, 1, WARM_UP + ROUNDS * count)
    rounds = [sent[WARM_UP + turn * count :][:count] for turn in range(ROUNDS)]
    ours, theirs, seconds = [], [], list[float]()
    with Child("bench.as2_parts.receiver", str(homes.distributor)) as server, pyas2.peer(homes, figures) as peer:
        port = int(server.answer())
        _post_all(port, sent[:WARM_UP], [])
        if peer is not None:
            pyas2.cpu_of(peer, sent[:WARM_UP])
        for batch in rounds:
            before = server.cpu()
            _post_all(port, batch, seconds)
            ours.append((server.cpu() - before) / count)
            if peer is not None:
                theirs.append(pyas2.cpu_of(peer, batch) / count)
    _say(figures, ours, theirs, seconds)


def _say(figures: Figures, ours: Sequence[float], theirs: Sequence[float], seconds: list[float]) -> None:
    each = statistics.median(ours)
    spread = ", ".join(f"{cpu * 1e3:.2f}" for cpu in ours)
    p50, p99 = (percentile(seconds, percent) * 1e3 for percent in (50, 99))
    figures.say(f"receive, ours         {1 / each:8.0f} a CPU second   {each * 1e3:7.2f} ms CPU each ({spread})")
    figures.say(f"post to MDN           p50 {p50:.0f} ms   p99 {p99:.0f} ms with {CLIENTS} clients")
    figures.claim("receive_a_cpu_second", 1 / each, goal=GOAL, better="higher", unit="messages/CPU s")
    if theirs:
        other = statistics.median(theirs)
        figures.say(
            f"receive, pyas2lib     {1 / other:8.0f} a CPU second   {other * 1e3:7.2f} ms CPU each, without HTTP"
        )
        figures.say(f"ratio                 {other / each:8.1f} x")
        figures.claim("receive_against_pyas2lib", other / each, goal=GOAL_RATIO, better="higher", unit="x")


def _post_all(port: int, sent: Sequence[Posted], seconds: list[float]) -> None:
    """Post from several clients, each on one connection; a message that is not taken ends the run."""
    failures: list[str] = []
    clients = [
        threading.Thread(target=_post, args=(port, sent[first::CLIENTS], seconds, failures)) for first in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if failures:
        raise SystemExit(f"A message was not taken: {failures[0]}")


def _post(port: int, sent: Sequence[Posted], seconds: list[float], failures: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for message in sent:
        start = time.perf_counter()
        connection.request("POST", "/as2", message.body, dict(message.headers))
        answer = connection.getresponse()
        mdn = answer.read()
        seconds.append(time.perf_counter() - start)
        if answer.status != 200 or b"automatic-action/MDN-sent-automatically; processed\r\n" not in mdn:
            failures.append(f"{answer.status} {mdn[:1000]!r}")
            return
        if not (answer.getheader("content-type") or "").startswith("multipart/signed"):
            failures.append(f"The MDN is not signed: {json.dumps(answer.getheaders())}")
            return
    connection.close()
