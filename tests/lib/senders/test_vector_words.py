"""Which vectors a sender's words mean."""

from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.playbook.vectors import catalogue, named, sender_words
from flowtriq_flowspec.senders.vector_words import vectors_of


def said(*values: Any) -> tuple[list[str], list[str]]:
    """(vectors, notes) of what a sender says in one field after the other."""
    notes: list[str] = []
    found = vectors_of([(value, f"field{index}") for index, value in enumerate(values)], notes, [])
    return list(found), notes


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["QUIC storm"], ["QUIC storm"]),
        (["QUIC  storm\n"], ["QUIC storm"]),
        (["QUIC storm", "Layer 3 mess"], ["QUIC storm", "Layer 3 mess"]),
        (["QUIC storm", "TCP SYN"], []),  # known
        (["unknown"], []),
        ([["a" * 100, *map(str, range(20))]], ["a" * 64, *map(str, range(7))]),
    ],
)
def test_the_sender_s_own_words_for_an_unknown_vector_are_kept(
    values: list[Any], words: list[str]
) -> None:
    unknown: list[str] = []
    vectors_of([(value, "field") for value in values], [], unknown)
    assert unknown == words


@pytest.mark.parametrize(
    ("words", "vectors"),
    [
        ("TCP SYN, TCP RST", ["syn_flood", "rst_flood"]),
        ("tcp-syn;TCP_RST", ["syn_flood", "rst_flood"]),
        (["TCP SYN", "TCP RST"], ["syn_flood", "rst_flood"]),
        ("['TCP SYN', 'TCP RST']", ["syn_flood", "rst_flood"]),
        ("[TCP SYN TCP RST]", ["syn_flood", "rst_flood"]),
        ("TCP SYN/ACK Amplification", ["syn_ack_flood"]),
        ("TCP SYN/TCP RST", ["syn_flood", "rst_flood"]),
        ("TCP SYN/RST", ["syn_flood", "rst_flood"]),
        ("TCP RST/ACK", ["rst_flood"]),
        ("TCP+RST+ACK", ["rst_flood"]),
        ("FIN/ACK flood", ["fin_flood"]),
        ("ACK/PSH flood", ["psh_ack_flood"]),
        ("TCP ACK+PSH", ["psh_ack_flood"]),
        ("TCP FIN/PSH/URG", ["xmas_flood"]),
        ("ICMP Echo", ["icmp_flood"]),
        ("ICMP Echo Request", ["icmp_flood"]),
        ("TCP+SYN", ["syn_flood"]),
        ("TCP+SYN+TCP+ACK", ["syn_flood", "ack_flood"]),
        ("TCP SYN and UDP", ["syn_flood", "udp_flood"]),
        ("SYN and ACK flood", ["syn_flood", "ack_flood"]),
        ("DNS/NTP amplification", ["dns_amplification", "ntp_amplification"]),
        ("DNS and NTP Amplification", ["dns_amplification", "ntp_amplification"]),
        ("UDP/NTP", ["ntp_amplification"]),
        ("DNS/UDP", ["dns_flood"]),
        ("TCP/HTTP", ["http_flood"]),
        ("TCP/UDP", ["tcp_flood", "udp_flood"]),
        ("SYN Flood (TCP)", ["syn_flood"]),
        ("Total Traffic, UDP", ["udp_flood"]),
        ("IP Private, TCP SYN", ["syn_flood"]),
        ("amplification_generic, dns_amplification", ["dns_amplification"]),
        ("amplification_generic, syn_flood", ["amplification", "syn_flood"]),
        ("multi_vector, syn_flood, chargen", ["syn_flood", "chargen"]),
        ("multi_vector, unknown", ["multi_vector"]),
        ("SYN Flood - UDP Flood", ["syn_flood", "udp_flood"]),
    ],
)
def test_several_names(words: Any, vectors: list[str]) -> None:
    assert said(words) == (vectors, [])


@pytest.mark.parametrize(
    "words",
    [
        "TCP SYN, Frobnication",
        "Frobnication; TCP SYN",
        "TCP SYN / Frobnication",
        "TCP SYN + Frobnication",
        "Frobnication and TCP SYN",
        ["TCP SYN", "Frobnication"],
        ["TCP SYN", 7],
        ["TCP SYN", {"name": "Frobnication"}],
    ],
)
def test_an_unknown_word_beside_a_known_one_adds_a_note_and_no_vector(words: Any) -> None:
    vectors, (note,) = said(words)
    assert vectors == ["syn_flood"]
    assert note.startswith("field0: ")
    assert note.endswith("is no known vector; left out")


@pytest.mark.parametrize("words", ["Frobnication", "UDP flood from mirai", 7, {}, True, "x" * 9999])
def test_words_that_nobody_knows_are_the_vector_unknown_and_a_note(words: Any) -> None:
    vectors, notes = said(words)
    assert vectors == ["unknown"]
    assert len(notes) == 1


@pytest.mark.parametrize("words", ["", " , ", None, [], "n/a", "[no value]", "<no value>", "-"])
def test_nothing_said_is_no_attack(words: Any) -> None:
    with pytest.raises(InvalidAlert) as refused:
        said(words)
    assert refused.value.field == "field0"


@pytest.mark.parametrize(
    ("subtype", "family", "vector"),
    [
        ("mirai_botnet", "syn_flood", "syn_flood"),
        ("gafgyt_botnet", "udp_flood", "udp_flood"),
        ("amplification_generic", "udp_flood", "udp_flood"),
        ("amplification_generic", "dns_flood", "dns_flood"),
        ("tcp_generic", "syn_flood", "syn_flood"),
        ("volumetric", "udp_flood", "udp_flood"),
        ("volumetric", "tcp_flood", "tcp_flood"),
        ("multi_mixed", "icmp_flood", "icmp_flood"),
        ("", "udp_flood", "udp_flood"),
        (None, "udp_flood", "udp_flood"),
        ("n/a", "udp_flood", "udp_flood"),
        (7, "udp_flood", "udp_flood"),
        ({}, "udp_flood", "udp_flood"),
        ("ntp_amplification", "udp_flood", "ntp_amplification"),
        ("ntp_amplification", "brand_new", "ntp_amplification"),
        ("h2_rapid_reset", "tcp_flood", "http_flood"),
        ("amplification_generic", "brand_new", "amplification"),
        ("amplification_generic", "multi_vector", "amplification"),
        ("mirai_botnet", "brand_new", "unknown"),
        ("unknown", "multi_vector", "multi_vector"),
    ],
)
def test_what_is_not_known_falls_back_to_what_is(subtype: Any, family: str, vector: str) -> None:
    assert said(subtype, family)[0] == [vector]


@pytest.mark.parametrize(
    ("word", "vector"),
    [
        ("amplification_generic", "amplification"),
        ("apple_remote_amplification", "arms"),
        ("tcp_generic", "tcp_flood"),
        ("volumetric_flood", "unknown"),
        ("ping_of_death", "icmp_flood"),
        ("multi_mixed", "multi_vector"),
        ("h2_settings_flood", "http_flood"),
        ("h2_continuation_flood", "http_flood"),
        ("h2_rapid_reset", "http_flood"),
        ("slow_rate", "http_flood"),
        ("TCP SYN/ACK Amplification", "syn_ack_flood"),
        ("MS SQL RS Amplification", "mssql"),
        ("chargen Amplification", "chargen"),
        ("IP Fragmentation", "ip_fragment_flood"),
        ("Total Traffic", "unknown"),
        ("IP Private", "private_sources"),
        ("IP NULL", "ip_null_flood"),
        ("FRAGMENT", "ip_fragment_flood"),
        ("INVALID", "unknown"),
        ("HTTP", "http_flood"),
        ("udp_amplification", "amplification"),
        ("ip6_udp_amplification", "amplification"),
        ("ip6_flood", "protocol_flood"),
        ("incoming UDP flood", "udp_flood"),
        ("UDP-DNS-Amplification", "dns_amplification"),
        ("GENERIC_UDP_REFLECTION", "amplification"),
        ("TCP Fragment", "unknown"),  # limited all TCP
    ],
)
def test_a_detector_s_word(word: str, vector: str) -> None:
    found = named(word)
    assert found is not None
    assert found.name == vector
    assert said(word) == ([vector], [])
    assert said(word.upper().replace(" ", "-")) == ([vector], [])


def test_every_word_of_every_list_means_what_the_list_says() -> None:
    for words in sender_words().values():
        assert len(words.source) > 20
        for vector, its_words in words.words.items():
            assert vector in catalogue()
            for word in its_words:
                assert said(word) == ([vector], []), word


def test_many_words_take_no_time() -> None:
    vectors, notes = said("/".join(["a b"] * 100_000) + ", TCP SYN")
    assert vectors == ["unknown"]  # cut before the last
    assert len(notes) == 1


@pytest.mark.parametrize(
    "text",
    ["SYN flood (false positive)", "UDP flood (outgoing)", "outbound, UDP", "UDP - not confirmed"],
)
def test_a_word_that_denies_the_name_beside_it_leaves_no_vector(text: str) -> None:
    vectors, notes = said(text)
    assert vectors == ["unknown"]
    assert text in notes[0]
