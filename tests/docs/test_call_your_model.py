"""The page "Call your model": holds the samples as they are, and says of every client what the code says."""

import re

from azure_mistral.clients import CLIENTS

from tools.clients_page import SAMPLES, anchor, clients_page


def test_the_page_holds_every_sample_as_it_is() -> None:
    page = clients_page()

    samples = [path for path in SAMPLES.iterdir() if path.suffix in (".py", ".sh")]
    assert len(samples) == 11
    assert [path.name for path in samples if path.read_text().rstrip() not in page] == []


def test_the_page_says_for_every_client_whether_its_url_ends_in_v1_and_which_exceptions_it_raises() -> None:
    page = clients_page()

    for client in CLIENTS.values():
        (row,) = re.findall(rf"^\| \[{client.title}\].*$", page, re.MULTILINE)
        assert ("**with** `/v1`" in row) == client.gets_v1
        assert client.url_variable in row
        assert client.refusals.rate_limit in page


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    page = clients_page()

    headings = {anchor(heading).replace("'", "") for heading in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", page) if link not in headings} == set()
