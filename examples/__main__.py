"""python3 -m examples [NAME ...]: the tour, which runs all programs in a private network.

It needs no root if the machine allows user namespaces. It installs nothing, and does not touch the machine's own
interfaces. If the machine allows no private network, some of the programs run on the loopback interface.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable
from typing import NamedTuple

from .shared.program import run
from .tour import laboratory
from .tour.stage import FAR6, NEAR6, CouldNot, Failed, Stage, program


def http(stage: Stage) -> None:
    argv = program("http_server", "--ip-addr", stage.there, "--port", stage.port)
    with stage.server(r"http addr: (http://\S+)", argv) as said:
        stage.client("<h1>hello world</h1>", program("http_client", f"{said[1]}/"))


def udp(stage: Stage) -> None:
    argv = program("udp_server", "--ip-addr", stage.there, "--port", stage.port)
    with stage.server(r"listening on port (\d+)", argv) as said:
        argv = program("udp_client", "--ip-addr", stage.there, "--port", said[1])
        stage.client("received response: Hello, UDP server!", argv)


def chao(stage: Stage, *options: str) -> None:
    stage.need_network()
    with stage.server("listening on eth0", program("chao_server", *options)):
        stage.client("received response: Hello, custom chao protocol!", program("chao_client", *options))


def chao_ethertype(stage: Stage) -> None:
    chao(stage, "--ethertype")


def arping(stage: Stage) -> None:
    stage.need_network()
    with stage.other_host():
        stage.client(
            f"reply from {stage.there}",
            program("arping", "-c", "2", "--timeout", "0.2", "--interface", "eth0", stage.there),
        )


def ping(stage: Stage) -> None:
    with stage.other_host():
        stage.client(" 0% packet loss", program("ping", "-c", "3", "-i", "0.2", stage.there))


def ping6(stage: Stage) -> None:
    if not stage.has_ipv6:
        raise CouldNot("there is no IPv6 here")
    with stage.other_host(near=NEAR6, far=FAR6):
        stage.client(" 0% packet loss", program("ping", "-c", "3", "-i", "0.2", stage.there6))


def dhcp(stage: Stage) -> None:
    stage.need_network()
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    dnsmasq = shutil.which("dnsmasq", path=path)
    if dnsmasq is None:
        raise CouldNot("there is no DHCP server to ask, as dnsmasq is not installed (Debian: dnsmasq-base)")
    pool = laboratory.FAR[0].rpartition(".")[0]
    argv = [dnsmasq, "--no-daemon", "--conf-file=/dev/null", "--leasefile-ro", "--port=0", "--interface=eth0"]
    argv += [f"--dhcp-range={pool}.100,{pool}.199,10m", "--no-ping"]
    with stage.server("DHCP, IP range", argv, near=()):
        stage.client(f"{pool}.1", program("dhcp_client", "--interface", "eth0"))


def sniff(stage: Stage) -> None:
    stage.need_network()
    with stage.server("sniffing on eth0", program("sniff", "--filter", "icmp")):
        stage.client(" 0% packet loss", program("ping", "-c", "2", "-i", "0.2", stage.there))


def ls(stage: Stage) -> None:
    with stage.folder():
        stage.shell(r'mkdir directory; ln -s directory link; echo hello >"$(printf "caf\351")"')
        lines = (r"-rw.* 6 .* caf\\xe9", r"drwx.* directory", r"lrwx.* link -> directory")
        stage.client("\\A{}\n{}\n{}\n\\Z".format(*lines), program("ls"))


def watch(stage: Stage) -> None:
    with stage.folder(), stage.beside("watching", program("watch")) as wait_for:
        for command, told in (
            ("mkdir directory", "created ./directory\n"),
            ("echo hello >directory/file", "created ./directory/file\nchanged ./directory/file\n"),
            ("mv directory/file file", "deleted ./directory/file\ncreated ./file\n"),
        ):
            stage.shell(command)
            wait_for(told)


def in_namespaces(stage: Stage) -> None:
    script = "cat /proc/sys/kernel/hostname; echo process $$ of user $(id -u); exit 7"
    stage.client(
        r"\Acontainer\nprocess 1 of user 0\n\Z",
        program("run", "--", "sh", "-c", script),
        status=7,
        refused=r"\A\w+ failed: (no space left|operation not permitted|permission denied|invalid argument)",
    )


class Act(NamedTuple):
    """A part of the tour: its title in the summary, the names that select it, and the function that shows it."""

    title: str
    names: tuple[str, ...]
    play: Callable[[Stage], None]


ACTS = [
    Act("http_server and http_client", ("http", "http_server", "http_client"), http),
    Act("udp_server and udp_client", ("udp", "udp_server", "udp_client"), udp),
    Act("chao_server and chao_client", ("chao", "chao_server", "chao_client"), chao),
    Act("the same with --ethertype", ("chao", "chao_server", "chao_client"), chao_ethertype),
    Act("arping", ("arping",), arping),
    Act("ping over IPv4", ("ping",), ping),
    Act("ping over IPv6", ("ping",), ping6),
    Act("dhcp_client", ("dhcp", "dhcp_client"), dhcp),
    Act("sniff", ("sniff",), sniff),
    Act("ls", ("ls",), ls),
    Act("watch", ("watch",), watch),
    Act("run", ("run",), in_namespaces),
]


def open_stage() -> Stage:
    """Enter a private network if this machine allows it, and print which; otherwise print why not."""
    refusal = laboratory.refusal()
    if refusal:
        print(f"This machine gives no private network: {refusal}. The tour keeps to the loopback interface.\n")
    else:
        manner = ", in a user namespace" if laboratory.enter() else ""
        near, far = (" and ".join(host) for host in (laboratory.NEAR, laboratory.FAR))
        print(f"A private network{manner}: eth0 has {near}; on another host eth0 has {far}.\n")
    return Stage(refusal)


def perform(act: Act, stage: Stage) -> tuple[str, bool]:
    """Show a part and print its outcome; return the outcome, and False if a program failed."""
    print(act.title)
    try:
        act.play(stage)
    except CouldNot as reason:
        outcome = f"could not be shown here: {reason}", True
    except Failed as reason:
        outcome = f"FAILED: {reason}", False
    except OSError as error:
        outcome = f"FAILED: {error}", False
    else:
        outcome = "worked", True
    print(f"  {outcome[0]}\n", flush=True)
    return outcome


def main(argv: list[str] | None = None) -> int:
    names = sorted({name for act in ACTS for name in act.names})
    parser = argparse.ArgumentParser(
        prog="python3 -m examples",
        description="Show the programs at work, in a private network that is made for it.",
        epilog=f"The names: {', '.join(names)}. Each program runs alone too: python3 -m examples.NAME --help",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="show these only")
    wanted = parser.parse_args(argv).names
    if unknown := [name for name in wanted if name not in names]:
        parser.error(f"there is no {unknown[0]!r}; there is {', '.join(names)}")
    stage = open_stage()
    acts = [act for act in ACTS if not wanted or set(wanted) & set(act.names)]
    outcomes = [perform(act, stage) for act in acts]
    for act, (outcome, _) in zip(acts, outcomes, strict=True):
        print(f"{act.title:28}  {outcome}", flush=True)
    return 0 if all(good for _, good in outcomes) else 1


if __name__ == "__main__":
    run(main)
