"""The troubleshooting page, made of the table that an update shows its advice from."""

import re

from azure_mistral.failures import FAILURES

from tools.troubleshooting_page import troubleshooting_page


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", troubleshooting_page(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_failure_has_a_section_under_the_name_that_updates_show() -> None:
    assert [name for name in sections() if name != "After a killed update"] == [failure.name for failure in FAILURES]


def test_a_section_has_azures_words_the_cause_the_advice_and_whether_it_is_tried_again() -> None:
    section = sections()["operation-running"]

    assert section.startswith("\n\n> Another operation with ID [\\<id\\>] is already running on \\<resource id\\>.\n")
    assert "Azure works on one thing of a workspace at a time." in section
    assert "**What to do.** Azure is still busy with an earlier operation." in section
    assert "Tried again within the same update, 25 times in about 11 minutes." in section


def test_what_an_update_fills_in_is_a_placeholder_that_shows_as_text() -> None:
    page = troubleshooting_page()

    assert "az provider register --namespace \\<namespace\\>\n" in page
    assert "{" not in page
    assert not re.search(r"(?<!\\)<", page)
