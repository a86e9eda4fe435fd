"""data_owners.toml: the template is right, every mistake is told at once, no address or secret is ever shown, and the most
specific owner is told.
"""

from pathlib import Path

import pytest

from attrition.alerts.owners import Owner, Owners, load_owners, route
from attrition.errors import UsageFault

TEMPLATE = Path(__file__).resolve().parents[2] / "data" / "owners" / "data_owners.toml"
ROLES = """
[operator]
name = "Desk"
channels = ["outbox:out"]
[board_lead]
name = "Lead"
channels = ["outbox:out"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "data_owners.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageFault) as caught:
        load_owners(written(folder, text))
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> Owners:
    monkeypatch.setenv("ATTRITION_MAIL_PASSWORD", "p@ss/word:1")
    monkeypatch.setenv("ATTRITION_TEAMS_WEBHOOK", "json://chat.example.org/hook")
    return load_owners(TEMPLATE)


def test_the_template_reads_as_it_says(template: Owners) -> None:
    force, linkage, cps = template.owners
    assert (force.name, force.area, force.extracts) == (
        "Northumbria crime data",
        "northumbria",
        ("incident", "investigation"),
    )
    assert [person.address for person in force.people] == ["jo.sample@example.org", "kim.sample@example.org"]
    assert [person.name for person in force.deputies] == ["Lee Sample"]
    assert force.due == {
        "incident": {"every": "week", "weekday": "monday", "grace_days": 1},
        "investigation": {"every": "month", "working_day": 5},
    }
    assert linkage.rule_groups == ("linkage",)
    assert linkage.channels[0].folder == TEMPLATE.parent / "outbox" / "linkage"
    assert (cps.area, cps.extracts, cps.escalate_after_days) == ("north-east", ("cps", "cps_event"), 14)
    assert [owner.purpose for owner in (force, template.operator, template.board_lead)] == [
        "digest",
        "operator",
        "board",
    ]
    assert template.named("Board lead") is template.board_lead
    assert template.named("Nobody") is None


def test_secrets_are_filled_in_and_percent_encoded(template: Owners) -> None:
    mail = template.owners[0].channels[0]
    assert mail.url.startswith("mailtos://board:p%40ss%2Fword%3A1@mail.example.org:587/")
    # A variable that is the whole address is a finished URL.
    assert template.owners[0].escalate_to[0].url == "json://chat.example.org/hook"


def test_nothing_shows_a_secret_or_an_address(template: Owners) -> None:
    shown = repr(template) + str(template)
    for hidden in ("p@ss", "p%40ss", "chat.example.org", "mail.example.org", "sample@example.org", "Jo Sample"):
        assert hidden not in shown
    assert "Northumbria crime data" in shown


def test_every_mistake_is_told_at_once_and_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("LETTERS", "topsecret£")
    (tmp_path / "no.pem").write_text("no certificate", encoding="utf-8")
    message = refusal(
        tmp_path,
        """
        ca_file = "no.pem"
        "mailto://u:topsecret@h" = 1
        [operator]
        channels = ["mailto://u:topsecret@mail.example.org"]
        [[owner]]
        name = "Both"
        force = "northumbria"
        cps_area = "north-east"
        extracts = []
        channels = []
        colour = "red"
        [[owner]]
        name = "Slug"
        force = "narnia"
        extracts = ["cps"]
        rule_groups = ["fomat"]
        people = [{ name = "A" }, { name = "B", address = "nowhere" }, { name = "C", address = "topsecret x@example.org" }]
        channels = ["mailto://u:${NOT_THERE}@h", "mailto://u:${BROKEN@h", "bogus://topsecret", 7, "outbox:"]
        escalate_after_days = 0
        escalate_to = ["mailto://u:topsecret@h?from=a@example.org"]
        [owner.due.cps]
        every = "week"
        [[owner]]
        name = "Slug"
        cps_area = "north-east"
        extracts = ["cps"]
        channels = [
            "mailto://h?from=a@example.org&to=b@example.org&cc=topsecret@example.org",
            "mailtos://h?from=a@example.org&to=b@example.org&verify=no",
            "mailtos://u:${LETTERS}@h?from=a@example.org&to=b@example.org",
        ]
        [owner.due.cps]
        every = "fortnight"
        """,
    )
    for phrase in (
        "the file: a key is unknown",
        "ca_file cannot be read as certificates",
        "the section [board_lead] is missing",
        "operator: name is missing",
        "operator: people is empty, so a mail channel has nobody to write to",
        "owner Both: the key colour is unknown",
        "owner Both: exactly one of force and cps_area",
        "owner Both: extracts is missing or empty",
        "owner Both: channels is missing or empty",
        "owner Slug: force is not in the column code",
        "owner Slug: extracts must be a list of some of incident, investigation",
        "owner Slug: rule_groups must be",
        "owner Slug: people 1 must be a table with name and address",
        "owner Slug: the address of people 2 is no mail address",
        "owner Slug: the address of people 3 is no mail address",
        "owner Slug: channels 1 the environment variable NOT_THERE is not set",
        "owner Slug: channels 2 holds a ${",
        "owner Slug: channels 3 is no address that apprise can use",
        "owner Slug: channels 4 must be a text",
        "owner Slug: channels 5 names no folder",
        "owner Slug: escalate_after_days must be",
        "owner Slug: a mail channel of escalate_to must name whom it writes to",
        "owner Slug: table 1 of due is for none of its extracts",
        "owner Slug: channels 1 has cc or bcc",
        "owner Slug: channels 2 switches the check of the certificate off",
        "owner Slug: channels 3 has a login with letters outside ASCII",
        "owner Slug: due.cps: ",
        "the name Slug stands twice",
    ):
        assert phrase in message, phrase
    for hidden in ("topsecret", "://", "example.org", "narnia", "nowhere"):
        assert hidden not in message, hidden


def test_a_file_that_is_no_toml_is_refused_by_place_alone(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[operator]\nname = "Desk"\nchannels = [mailto://u:topsecret@h]\n')
    assert "line 3" in message and "topsecret" not in message
    with pytest.raises(UsageFault, match="cannot be read"):
        load_owners(tmp_path / "missing.toml")


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data_owners.toml"
    path.write_bytes(b"\xef\xbb\xbf" + ROLES.replace("\n", "\r\n").encode())
    assert load_owners(path).operator.name == "Desk"


@pytest.fixture
def owners() -> Owners:
    return Owners(
        (
            Owner("all of it", "northumbria", ("incident", "investigation")),
            Owner("incidents", "northumbria", ("incident",)),
            Owner("links", "northumbria", ("incident", "investigation"), ("linkage",)),
            Owner("links too", "northumbria", ("investigation", "incident"), ("linkage",)),
            Owner("prosecutors", "north-east", ("cps",)),
        ),
        Owner("desk", purpose="operator"),
        Owner("lead", purpose="board"),
    )


@pytest.mark.parametrize(
    ("extract", "area", "rule_group", "rule", "told"),
    [
        ("investigation", "northumbria", "format", "", ["all of it"]),
        ("incident", "northumbria", "format", "", ["incidents"]),
        ("incident", "northumbria", "linkage", "", ["links", "links too"]),
        ("cps", "north-east", "volume", "", ["prosecutors"]),
        ("cps_event", "north-east", "volume", "", ["desk"]),
        ("cps", "northumbria", "format", "", ["desk"]),
        ("incident", "durham", "format", "", ["desk"]),
        ("incident", "", "format", "", ["desk"]),
        ("incident", "northumbria", "operator", "check_could_not_run", ["desk"]),
        ("incident", "northumbria", "feed", "feed_late", ["incidents", "lead"]),
        ("incident", "northumbria", "feed", "delivery_held", ["incidents"]),
        ("incident", "durham", "feed", "feed_late", ["desk", "lead"]),
    ],
)
def test_the_most_specific_owner_is_told(
    owners: Owners, extract: str, area: str, rule_group: str, rule: str, told: list[str]
) -> None:
    found = route(owners, extract=extract, area=area, rule_group=rule_group, rule=rule)
    assert [owner.name for owner in found] == told
