"""Published paths: one stand-in for what is another for each visitor, and words as they are."""

import base64
import random
import uuid

import pytest

from transforms.anonymising.grouping import publish_path


@pytest.mark.parametrize(
    ("path", "published"),
    [
        ("/pay/4111111111111111", "/pay/{card}"),
        ("/pay/4111-1111-1111-1111/x", "/pay/{card}/x"),
        ("/pay/5500%200000%200000%200004", "/pay/{card}"),
        ("/pay/378282246310005.pdf", "/pay/{card}.pdf"),
        ("/pay/4222222222222", "/pay/{card}"),
        ("/pay/30569309025904", "/pay/{card}"),
        ("/s/4f9c2b7ae1d04b6fa7c3", "/s/{token}"),
        ("/n/12345678901234567890", "/n/{token}"),
        ("/card=5500000000000004;x", "/card={card};x"),
        ("/pay/４１１１１１１１１１１１１１１１", "/pay/{card}"),
        ("/iban/NO9386011117947", "/iban/{iban}"),
        ("/iban/NO93%208601%201117%20947/x", "/iban/{iban}/x"),
        ("/iban/DE89370400440532013000", "/iban/{iban}"),
        ("/call/+4790000000", "/call/{phone}"),
        ("/call/%2B47%2090%2000%2000%2000", "/call/{phone}"),
        ("/call/004790000000", "/call/{phone}"),
        ("/tel:22000000", "/{phone}"),
        ("/reset/4f9c2b7ae1d04b6fa7c35d9e80b1f263", "/reset/{token}"),
        ("/main.4f9c2b7ae1d04b6fa7c35d9e80b1f263.js", "/main.{token}.js"),
        ("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301/edit", "/u/{token}/edit"),
        ("/s/Zm9vYmFyYmF6cXV4Zm9vYmFy==", "/s/{token}"),
        ("/s/JBSWY3DPEHPK3PXPJBSWY3DP", "/s/{token}"),
        ("/j/eyJhbGciOiJub25lIn0.eyJzdWIiOiJrYXJpIn0.", "/j/{token}"),
        ("/n/12345678901234567890123", "/n/{token}"),
        ("/u/kari@example.org/192.0.2.7/14876231078", "/u/{email}/{address}/{identity}"),
    ],
)
def test_what_only_one_visitor_has_is_grouped(path: str, published: str) -> None:
    assert publish_path(path) == published


@pytest.mark.parametrize(
    "path",
    [
        *("/a-very-long-readable-article-slug", "/iphone-15-pro-max-256gb-test", "/internasjonaliseringsarbeidet"),
        *("/html5-css3-es6-web3-tutorial-2024", "/covid19-vaccine-2021q3-report-final", "/MyVeryLongCamelCaseName"),
        *("/norges_beste_5_hytter_2024_med_4_senger", "/2024-01-05-12-34-56-7890-1234", "/søk/blåbærsyltetøy-til-jul"),
        *(
            "/uploads/IMG_20240512_123456_HDR-1024x768.jpg",
            "/t/1767612345127",
            "/s/4f9c2b7ae1d04b6fa7c",
            "/isbn/9788205382459",
            "/caf%C3%A9",
        ),
        *(
            "/pay/4111111111111112",
            "/iban/NO9386011117948",
            "/order/90000000",
            "/order/0012345678",
            "/app.3f2a9bc1.css",
        ),
        *("/app.3f2a9bc1.css", "/0000000000000000", "/100%25/%zz"),
    ],
)
def test_words_numbers_and_moments_stay(path: str) -> None:
    assert publish_path(path) == path


@pytest.mark.parametrize(
    "make",
    [
        lambda draw: draw.randbytes(10).hex(),
        lambda draw: draw.randbytes(16).hex(),
        lambda draw: str(uuid.UUID(bytes=draw.randbytes(16))),
        lambda draw: base64.urlsafe_b64encode(draw.randbytes(16)).decode(),
        lambda draw: base64.b32encode(draw.randbytes(16)).decode(),
        lambda draw: "".join(draw.choices("0123456789abcdefghijklmnopqrstuvwxyz", k=24)),
    ],
    ids=["hex of 20", "hex of 32", "UUID", "base64", "base32", "base36"],
)
def test_hardly_a_random_token_passes_for_words(make: object) -> None:
    draw = random.Random(6)
    passed = [token for token in (make(draw) for _ in range(2000)) if "{" not in publish_path(f"/x/{token}")]
    assert len(passed) <= 30


def test_a_hostile_path_is_grouped_in_linear_time() -> None:
    for part in ("1", "1 ", "a1", "NO12 ", "+1", "eyJ", "-", "~a", "%25", "0047", "tel:", "A"):
        publish_path("/" + part * (300_000 // len(part)))
