"""Marks letters as done, and sends those again that are retried: each batch and its mark as one transaction.

Rule: a letter is sent again once. A command that begins gets the deployment's one transactional id for this, which
ends the transaction of another that is at it, and reads the marks then. So no two of them can commit the same letter:

    Ann   marks read · batch 1 sent, marked, committed · batch 2 sent …      ✗ fenced: batch 2 never happened
    Bob                                              begins · marks read: 1 is done · batch 2 sent, marked, committed

Without transactions (the embedded broker), a batch is sent first and marked then. A crash between, or two operators at
once, send letters twice; workers recognise the second ones by their event ids (docs/decisions/0064).
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.record import FIRST_TIMESTAMP, ONLY_EVENT, RETRIED
from retention.calendar import Instant, moment
from retention.identity import derived_id
from retention.statements import Statement
from schemas.outbound import DeadLettersDone
from streams.broker import Broker
from streams.errors import Replaced, explained
from streams.failpoints import passes
from streams.home import home_of
from streams.letters.choice import Choice
from streams.letters.letter import Letter
from streams.letters.marks import Done, ranges_of
from streams.letters.open_letters import OpenLetters, open_letters
from streams.letters.originals import ORIGIN, Originals
from streams.letters.trial import Trial
from streams.letters.verdict import Fate, Judge, Verdict
from streams.outbox import Outbox
from streams.outgoing import Outgoing, packed
from streams.topics import DEAD_LETTERS

ROLE: Final = "dead-letters"
"""The end of the transactional id, which is `<kafka.group>-dead-letters`."""
PIECE: Final = 500
"""Most letters of a batch."""
PIECE_BYTES: Final = 4_000_000
"""Bytes of values after which a batch is closed."""
LONGEST_MS: Final = 20_000
"""Milliseconds after which a broker gives up a transaction that a killed command has left open: for so long, workers
cannot read past it."""
OF_ERASED: Final = "of an erased customer: not sent again"


@dataclass(slots=True)
class Account:
    """The numbers of the chosen letters, by what became of them, or would become."""

    fates: Counter[Fate] = field(default_factory=Counter)
    sendable: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Numbers by topic, and by the reason for which they were refused."""
    still: Counter[str] = field(default_factory=Counter)
    """Those that would be refused again, by the reason of today."""
    examples: dict[str, str] = field(default_factory=dict)
    """Why one of each kind cannot be sent: by the reason of today, or by the fate."""

    def take(self, letter: Letter, verdict: Verdict) -> None:
        """Count a letter."""
        self.fates[verdict.fate] += 1
        if verdict.fate == "sendable":
            self.sendable[letter.topic, letter.reason] += 1
        if verdict.reason:
            self.still[verdict.reason] += 1
        if verdict.why:
            self.examples.setdefault(verdict.reason or verdict.fate, f"{letter.place}: {verdict.why}")

    @property
    def chosen(self) -> int:
        """Return how many letters there are."""
        return self.fates.total()


@dataclass(frozen=True, slots=True)
class By:
    """The author of marks: who does something about letters, why, and when."""

    who: str
    note: str
    at: Instant


async def looked_at(
    broker: Broker, choice: Choice, done: Done, *, believes_events: bool = False
) -> tuple[Account, dict[int, int]]:
    """Return what would become of the chosen letters, and the offsets up to which that is said. Nothing is changed."""
    found, account = await open_letters(broker, choice), Account()
    async with aclosing(_judged(found, done, None, believes_events=believes_events)) as letters:
        async for letter, verdict in letters:
            account.take(letter, verdict)
    return account, found.ends


async def _judged(
    found: OpenLetters, done: Done, until: Mapping[int, int] | None, *, believes_events: bool
) -> AsyncGenerator[tuple[Letter, Verdict], None]:
    """Yield the chosen letters that are open, each with what can be done with it, and whole if it is to be sent."""
    if done == "dropped":
        async for letter in found.read(until):
            yield letter, Verdict("sendable")
        return
    judge = Judge(found.broker, found.known, found.widths, believes_events=believes_events)
    async with found.broker.reader() as reader:
        trial = Trial(found.broker, judge, Originals(reader))
        async for letter in found.read(until):
            yield await trial.of(letter)


async def deal_with(
    broker: Broker,
    choice: Choice,
    done: Done,
    by: By,
    until: Mapping[int, int],
    *,
    believes_events: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Account:
    """Send the chosen letters again, or drop them, up to an offset of each partition; return what became of them.

    Raises `Replaced` if another operator begins meanwhile. Whatever ends it, the letters that are marked are done.
    """
    account = Account()
    async with _writer(broker) as writer:
        found = await open_letters(broker, choice)  # what others have marked before they were fenced
        batch, written = Batch(broker, done, by, found.known.ident, found.widths), 0
        async with aclosing(_judged(found, done, until, believes_events=believes_events)) as letters:
            async for letter, verdict in letters:
                account.take(letter, verdict)
                if batch.is_full(letter.number):
                    written += await writer.write(batch)
                    progress(written)
                batch.add(letter, verdict)
        progress(written + await writer.write(batch))
    return account


class Batch:
    """Letters of one partition: what is sent for them, and the marks that say so."""

    def __init__(self, broker: Broker, done: Done, by: By, ident: str, widths: Mapping[str, int]) -> None:
        self._done, self._by, self._ident, self._widths = done, by, ident, widths
        self._outbox, self._topic = Outbox(broker), broker.topic(DEAD_LETTERS)
        self._cause = derived_id("operator", by.who, by.at)  # no event has caused it
        self._letters: list[Letter] = []
        self._erased: list[Letter] = []
        self._bytes = 0

    def is_full(self, number: int) -> bool:
        """Report whether a letter of a partition belongs into the next batch."""
        held = [*self._letters[:1], *self._erased[:1]]
        many = len(self._letters) + len(self._erased)
        return bool(held) and (held[0].number != number or many >= PIECE or self._bytes >= PIECE_BYTES)

    def add(self, letter: Letter, verdict: Verdict) -> None:
        """Add a letter that can be sent, or that names an erased customer; any other one stays."""
        if verdict.fate == "sendable":
            self._letters.append(letter)
            self._bytes += len(letter.value or b"") if self._done == "retried" else 0
        elif verdict.fate == "erased":
            self._erased.append(letter)

    def take(self) -> tuple[list[Outgoing], list[Outgoing], int]:
        """Return what is to be sent, the marks, and the number of letters; the next batch is empty."""
        letters, erased = self._letters, self._erased
        self._letters, self._erased, self._bytes = [], [], 0
        is_retry = self._done == "retried"
        sent = [sent_again(one, self._topic, self._widths[one.topic]) for one in letters] if is_retry else []
        marks = [self._mark(self._done, letters, self._by.note)] if letters else []
        marks += [self._mark("dropped", erased, OF_ERASED)] if erased else []
        return sent, marks, len(letters) + len(erased)

    def _mark(self, done: Done, letters: list[Letter], note: str) -> Outgoing:
        number, topic = letters[0].number, self._topic
        body = DeadLettersDone(
            done=done,
            topic=topic,
            topic_id=self._ident,
            partition=number,
            offsets=list(ranges_of([one.offset for one in letters])),
            reasons=dict(Counter(one.reason for one in letters)),
            by=self._by.who,
            note=note,
            at=moment(self._by.at),
        )
        kind = f"dead_letters.{done}"
        ident = derived_id(kind, topic, self._ident, number, *(one.offset for one in letters))
        mark = self._outbox.record(Statement(kind, ident, f"{topic}-{number}", self._by.at, self._cause, body))
        mark.partition = number
        return mark


def sent_again(letter: Letter, topic: str, width: int) -> Outgoing:
    """Return the record of a letter, for the partition on which it stood, with where the letter is.

    The broker stamps it with the present, as what is sent home (docs/decisions/0034): with its own old timestamp its
    topic's retention might delete it before a worker reads it. The first timestamp is in a header; of a record of a
    source also where it first stood, and which one of its events is meant, if it is one.
    """
    about = {
        f"{RETRIED}topic": topic,
        f"{RETRIED}partition": str(letter.number),
        f"{RETRIED}offset": str(letter.offset),
        FIRST_TIMESTAMP: str(letter.timestamp),
    }
    if letter.came_by:
        about[ORIGIN] = letter.came_by
    ours = [(name, text.encode()) for name, text in about.items()]
    came = [(name, value) for name, value in letter.headers if name == ONLY_EVENT or not name.startswith(RETRIED)]
    partition = letter.partition if 0 <= letter.partition < width else home_of(letter.key or b"", width)
    key = cast("bytes", letter.key)  # our own outputs always have one; a record that came without goes again without
    return Outgoing(letter.topic, key, letter.value, [*came, *ours], partition)


class Writer:
    """Writes one batch after the other."""

    def __init__(self, producer: AIOKafkaProducer, *, transactions: bool) -> None:
        self._producer, self._transactions = producer, transactions

    async def write(self, batch: Batch) -> int:
        """Write a batch with its marks; return the number of letters that are done by it."""
        sent, marks, number = batch.take()
        if not number:
            return 0
        if self._transactions:
            async with self._producer.transaction():  # aborts it after an error: else workers wait for its end
                await self._send([*sent, *marks])
                passes("sent")
        else:
            await self._send(sent)
            passes("sent")
            await self._send(marks)
        passes("committed")
        return number

    async def _send(self, outgoing: Iterable[Outgoing]) -> None:
        """Send record batches and await every future: committing a transaction alone hides those that failed."""
        futures = []
        for topic, partition, builder in packed(outgoing, 0, self._producer.create_batch):
            builder.close()
            futures.append(await self._producer.send_batch(builder, topic, partition=partition))
        for future in futures:
            await future


@asynccontextmanager
async def _writer(broker: Broker) -> AsyncIterator[Writer]:
    """Open the only writer: where there are transactions, one that is at work is fenced."""
    transactions = await broker.has_transactions(ROLE)
    ident = f"{broker.settings.kafka.group}-{ROLE}"
    options: dict[str, Any] = {"transactional_id": ident, "transaction_timeout_ms": LONGEST_MS} if transactions else {}
    producer = broker.producer(ROLE, **options)
    try:
        await producer.start()
        yield Writer(producer, transactions=transactions)
    except KafkaError as error:
        meaning = explained(error, broker.servers)
        if isinstance(meaning, Replaced):
            meaning = Replaced(
                "another `backstay dead-letters` has begun meanwhile, so this one has ended. Letters that it had sent "
                "are marked, and are not taken again: run it once more for what is left"
            )
        raise meaning from error
    finally:
        await producer.stop()
