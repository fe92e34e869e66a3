"""Whatever is typed, by whomever and wherever: an answer in our words, and nothing in the books that was not meant."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.books import ACCOUNTANT, APPROVER, CASHIER, OWNER, STRANGER
from tests.fuzz.amount import examples
from tests.fuzz.books import Picture
from tests.fuzz.room import Room, strange_answers
from tests.fuzz.words import lines, telegram_takes

Said = tuple[int, bool, str]

people = st.sampled_from([OWNER, OWNER, OWNER, CASHIER, APPROVER, ACCOUNTANT, STRANGER])
said = st.tuples(people, st.sampled_from([False, False, True]), lines)


def say(room: Room, person: int, in_group: bool, text: str) -> None:
    line = telegram_takes(text)
    if not line:
        return
    before = Picture(room)
    message = room.telegram.say(room.people[person], room.chat(person, in_group=in_group), line)
    seen = room.hears(message)
    assert seen.faults == []
    assert strange_answers(seen) == []
    assert before.wrong(person, stops=line.startswith(("/cancel", "/annuler"))) == []
    if person == STRANGER:
        assert seen.calls == []


@settings(max_examples=examples(100))
@given(st.lists(said, min_size=1, max_size=8))
@example([(OWNER, False, "/request"), (OWNER, False, "20"), (OWNER, False, "677123456"), (OWNER, False, "-")])
def test_every_line_has_an_answer_in_our_words_and_moves_nothing(room: Room, talk: list[Said]) -> None:
    room.forget_forms()
    room.go_on()
    for person, in_group, text in talk:
        say(room, person, in_group, text)


def answers(command: str) -> st.SearchStrategy[list[Said]]:
    """A form that one person opens, and what they answer to its questions."""
    return st.lists(lines, min_size=1, max_size=6).map(
        lambda said: [(OWNER, False, command), *((OWNER, False, one) for one in said)]
    )


forms = st.sampled_from(["/request", "/payout 20", "/airtime", "/transfer", "/link", "/bulk", "/payout 20 USDT"])


@settings(max_examples=examples(60))
@given(forms.flatmap(answers))
def test_every_answer_to_a_question_is_taken_or_refused_in_words(room: Room, talk: list[Said]) -> None:
    room.forget_forms()
    room.go_on()
    for person, in_group, text in talk:
        say(room, person, in_group, text)


@settings(max_examples=examples(100))
@given(st.sampled_from([OWNER, CASHIER, STRANGER]), lines, st.booleans())
def test_a_contact_is_a_phone_or_refused_in_words(room: Room, person: int, number: str, asked: bool) -> None:
    room.forget_forms()
    if asked:
        say(room, person, False, "/request 20")
    before = Picture(room)
    user = room.people[person]
    message = room.telegram.share_contact(user, room.telegram.private(user), number)
    seen = room.hears(message)
    assert seen.faults == []
    assert strange_answers(seen) == []
    assert before.wrong(person, stops=False) == []
