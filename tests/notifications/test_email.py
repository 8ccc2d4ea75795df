"""The mail channel in a real SMTP conversation."""

from contextlib import closing
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from apps.notifications.channels import DeliveryFailed
from apps.notifications.channels.email import Email


def test_a_japanese_mail_arrives_as_written(mailroom, make_message) -> None:
    message = make_message(body="お疲れさまです。\n髙﨑 様\n")

    with closing(Email()) as channel:
        channel.send(message)

    [mail] = mailroom.mails()
    raw_subject = message_from_bytes(mailroom.received[0][1])["Subject"]
    assert raw_subject.isascii()
    assert str(make_header(decode_header(raw_subject))) == message.subject
    assert (mail["To"], mail["From"]) == ("operator@example.jp", "esukare@example.jp")
    assert mail.get_content().replace("\r\n", "\n") == "お疲れさまです。\n髙﨑 様\n"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_every_attempt_carries_the_same_message_id(mailroom, make_message) -> None:
    message = make_message()

    with closing(Email()) as channel:
        channel.send(message)
        channel.send(message)

    first, second = (mail["Message-ID"] for mail in mailroom.mails())
    assert first == second == f"<{message.pk}.20261124063000@example.jp>"


def test_many_mails_share_one_connection(mailroom, make_message) -> None:
    with closing(Email()) as channel:
        for _ in range(3):
            channel.send(make_message())

    assert (len(mailroom.received), mailroom.connections) == (3, 1)


@pytest.mark.parametrize(
    ("answer", "data_answer", "permanent", "reason"),
    [
        ("550 5.1.1 No such user", "", True, "550 5.1.1 No such user"),
        ("450 4.2.1 Try later", "", False, "450 4.2.1 Try later"),
        ("421 4.3.2 Closing", "", False, "421 4.3.2 Closing"),
        ("", "554 5.7.1 Looks like spam", True, "554 5.7.1 Looks like spam"),
        ("", "451 4.3.0 Busy", False, "451 4.3.0 Busy"),
    ],
)
def test_a_refusal_says_whether_it_is_for_good(
    answer: str, data_answer: str, permanent: bool, reason: str, mailroom, make_message
) -> None:
    mailroom.answer, mailroom.data_answer = answer, data_answer

    with closing(Email()) as channel, pytest.raises(DeliveryFailed) as caught:
        channel.send(make_message())

    assert (caught.value.permanent, caught.value.reason) == (permanent, reason)


def test_a_refusal_does_not_spoil_the_next_mail(mailroom, make_message) -> None:
    with closing(Email()) as channel:
        mailroom.answer = "421 4.3.2 Closing"
        with pytest.raises(DeliveryFailed):
            channel.send(make_message())
        mailroom.answer = ""
        channel.send(make_message())

    assert len(mailroom.received) == 1


def test_a_server_that_is_down_may_come_back(no_server, make_message) -> None:
    with closing(Email()) as channel, pytest.raises(DeliveryFailed, match="ConnectionRefusedError") as caught:
        channel.send(make_message())

    assert caught.value.permanent is False


@pytest.mark.parametrize("address", ["no address\n@example.jp", "@", "a@b@c"])
def test_an_address_that_no_mail_can_carry_is_given_up(address: str, mailroom, make_message) -> None:
    with closing(Email()) as channel, pytest.raises(DeliveryFailed) as caught:
        channel.send(make_message(address=address))

    assert caught.value.permanent is True
