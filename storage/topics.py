"""The topics of a merchant's group: one for each kind of news, where its owner wants that."""

from collections.abc import Sequence

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from storage import tones
from storage.models import Batch, News, Payment, Told, Topic

_DOUBTS = frozenset({Told.DOUBT, Told.REVIEW})


def news_of(subject: Payment | Batch) -> News:
    """What it is to the group as it stands now. A message stays where it was posted, whatever comes of it."""
    if isinstance(subject, Batch):
        return News.OUT
    if tones.event_of(subject) in _DOUBTS:
        return News.DOUBT
    return News.IN if subject.kind == "collection" else News.OUT


def of(session: Session, merchant_id: int) -> Sequence[Topic]:
    return session.exec(select(Topic).where(Topic.merchant_id == merchant_id)).all()


def thread(session: Session, merchant_id: int, chat_id: int, news: News) -> int | None:
    """None is the general topic, or a group without any."""
    topic = session.get(Topic, (merchant_id, news))
    return topic.thread_id if topic and topic.chat_id == chat_id and not topic.shut else None


def keep(session: Session, topic: Topic) -> None:
    """In place of the one that there was for this kind of news."""
    session.merge(topic)


def shut(session: Session, merchant_id: int, news: News, thread_id: int) -> bool:
    """Nothing can be posted there any more. False where that was known."""
    open_ = update(Topic).where(
        col(Topic.merchant_id) == merchant_id,
        col(Topic.news) == news,
        col(Topic.thread_id) == thread_id,
        col(Topic.shut).is_(False),
    )
    return bool(session.execute(open_.values(shut=True)).rowcount)  # type: ignore[attr-defined]


def drop(session: Session, merchant_id: int) -> None:
    session.execute(delete(Topic).where(col(Topic.merchant_id) == merchant_id))


def follow_group(session: Session, old_chat_id: int) -> None:
    """A group that gets another id was no forum: what was kept of it is good for nothing."""
    session.execute(delete(Topic).where(col(Topic.chat_id) == old_chat_id))
