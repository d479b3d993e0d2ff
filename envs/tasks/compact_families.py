"""The families of Compact contracts that tasks ask for, as data.

A family is one sentence about the contract; for every construct that a task may ask for, one
sentence that gives this contract a reason to use it; and names of ledger fields that a task may ask
for. `{n}` < `{m}` are amounts, `{k}` is a small count; the task generator draws them. No sentence
has a colon: those mark a prompt's header lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Family:
    """`summary`: what the contract is. `clauses`: construct -> what it is to be used for. `ledger`:
    names that its fields can have."""

    name: str
    summary: str
    clauses: Mapping[str, str]
    ledger: tuple[str, ...]


def _family(
    name: str,
    summary: str,
    if_: str,
    if_else: str,
    else_if: str,
    ternary: str,
    loop: str,
    enum: str,
    struct: str,
    witness: str,
    ledger: str,
) -> Family:
    clauses = {
        "if": if_,
        "if-else": if_else,
        "else-if": else_if,
        "ternary": ternary,
        "loop": loop,
        "enum": enum,
        "struct": struct,
        "witness": witness,
    }
    return Family(name, summary, MappingProxyType(clauses), tuple(ledger.split()))


_ALL = (
    _family(
        "counter",
        "A counter that its users move up and down within limits.",
        "Do nothing when the step is larger than {n}.",
        "Count up while the value is below {n}, otherwise start again.",
        "Choose the step by the range of the input, below {n}, below {m}, or above.",
        "Take the step as one of two numbers, chosen by a flag in one expression.",
        "Add a vector of {k} steps, one after the other.",
        "Keep the direction of counting as an enum.",
        "Keep the lower and the upper limit in a struct.",
        "Take the next step from a witness.",
        "count round limit total level open",
    ),
    _family(
        "access",
        "Access control with an owner, and members who may act on the owner's behalf.",
        "Record an action only when the caller's key is the owner's.",
        "Let a member in and count the visit, otherwise count the refusal.",
        "Grant rights by level, a reader below {n}, a writer below {m}, an owner above.",
        "Choose the level that is stored by whether the key is the owner's, in one expression.",
        "Check a vector of {k} keys against the members.",
        "Keep the roles as an enum.",
        "Keep a grant, its key and its level, in a struct.",
        "Take the caller's secret key from a witness.",
        "owner admin members level count paused",
    ),
    _family(
        "escrow",
        "An escrow that holds a payment between a buyer and a seller.",
        "Accept a deposit only when it is at least {n}.",
        "Pay the seller when the buyer has confirmed, otherwise pay the buyer back.",
        "Settle by the amount held, at once below {n}, in two parts below {m}, else by a judge.",
        "Choose who is paid by whether the goods arrived, in one expression.",
        "Count the confirmations in a vector of {k} flags.",
        "Keep the phase of the deal as an enum.",
        "Keep the deal, its amount and its deadline, in a struct.",
        "Take the buyer's decision from a witness.",
        "balance state owner fee deadline ready",
    ),
    _family(
        "voting",
        "A vote on one proposal with two options.",
        "Count a vote only while the poll is open.",
        "Count a vote for yes or for no, depending on the ballot.",
        "Announce the result by turnout, void below {n}, narrow below {m}, otherwise final.",
        "Choose the weight of a vote by whether the voter is a member, in one expression.",
        "Count the ballots in a vector of {k}.",
        "Keep the phase of the poll as an enum.",
        "Keep a ballot, its voter and its weight, in a struct.",
        "Take the voter's choice from a witness.",
        "votes count seen open state round",
    ),
    _family(
        "auction",
        "An auction that keeps the best bid and who made it.",
        "Replace the best bid when a higher one comes in.",
        "Take a bid while the auction is open, otherwise count it as late.",
        "Choose the least raise by the best bid, small below {n}, middle below {m}, else large.",
        "Keep the higher of two bids, chosen in one expression.",
        "Go through a vector of {k} bids.",
        "Keep the phase of the auction as an enum.",
        "Keep a bid, its bidder and its amount, in a struct.",
        "Take the sealed bid from a witness.",
        "best winner open deadline price state",
    ),
    _family(
        "allow-list",
        "A list of keys that are allowed to take part.",
        "Add a key only when it is not on the list yet.",
        "Admit a key that is on the list, otherwise count the refusal.",
        "Choose the number of places by the demand, below {n}, below {m}, or above.",
        "Store an allowance that depends on whether the key is on the list, in one expression.",
        "Add a vector of {k} keys.",
        "Keep the state of the list, open or frozen, as an enum.",
        "Keep an entry, its key and its allowance, in a struct.",
        "Take the key to check from a witness.",
        "members count admin open flags limit",
    ),
    _family(
        "registry",
        "A registry of names, each with an owner and a price.",
        "Register a name only when nobody owns it.",
        "Transfer a name to its buyer when the payment is enough, otherwise keep the owner.",
        "Set the price by the length of the name, below {n}, below {m}, or longer.",
        "Choose between the fee of a member and that of a guest, in one expression.",
        "Register a vector of {k} names.",
        "Keep the status of a name as an enum.",
        "Keep a record, its owner and its price, in a struct.",
        "Take the owner's key from a witness.",
        "owners price used admin supply count",
    ),
    _family(
        "token",
        "A token whose balances are kept by key.",
        "Mint only while the supply is below {n}.",
        "Move an amount when the sender has it, otherwise count a failure.",
        "Choose the fee of a transfer by its amount, below {n}, below {m}, or above.",
        "Choose the amount that is burnt by a flag, in one expression.",
        "Pay out a vector of {k} amounts.",
        "Keep the state of the token, active or paused, as an enum.",
        "Keep a transfer, its receiver and its amount, in a struct.",
        "Take the sender's key from a witness.",
        "balances supply owner paused total fee",
    ),
    _family(
        "vesting",
        "A grant that is released to its owner over time.",
        "Release nothing before the time is at least {n}.",
        "Release a part when the cliff has passed, otherwise only record the request.",
        "Choose the share by time, a small one before {n}, half before {m}, all afterwards.",
        "Choose the released amount by whether the grant was revoked, in one expression.",
        "Add up a vector of {k} parts.",
        "Keep the stage of the grant as an enum.",
        "Keep a grant, its amount and its start, in a struct.",
        "Take the current time from a witness.",
        "balance deadline height owner total ready",
    ),
    _family(
        "commit-reveal",
        "A game in which players first commit to a value and later reveal it.",
        "Accept a commitment only in the first phase.",
        "Score a player whose value matches the commitment, otherwise count a penalty.",
        "Choose the prize by the revealed value, below {n}, below {m}, or above.",
        "Choose the points by whether the guess was right, in one expression.",
        "Check a vector of {k} revealed values.",
        "Keep the phase of the game as an enum.",
        "Keep a move, its player and its value, in a struct.",
        "Take the hidden value from a witness.",
        "phase count scores seen round winner",
    ),
    _family(
        "multisig",
        "An account that several signers control together.",
        "Count an approval only when its key is a signer's.",
        "Execute when there are at least {k} approvals, otherwise wait.",
        "Ask for more approvals for more money, one below {n}, two below {m}, else three.",
        "Choose the threshold by whether the request is urgent, in one expression.",
        "Count the approvals in a vector of {k} flags.",
        "Keep the state of a request as an enum.",
        "Keep a request, its receiver and its amount, in a struct.",
        "Take the signer's key from a witness.",
        "seen count balance ready admin limit",
    ),
    _family(
        "board",
        "A bulletin board on which one message at a time can be posted.",
        "Take the message down only when the caller posted it.",
        "Post when the board is vacant, otherwise count the attempt.",
        "Choose how long a message stays by its fee, below {n}, below {m}, or above.",
        "Choose the next sequence number by whether the board is vacant, in one expression.",
        "Post a vector of {k} numbers, the last one stays.",
        "Keep the state of the board, vacant or occupied, as an enum.",
        "Keep a post, its author and its number, in a struct.",
        "Take the poster's secret key from a witness.",
        "round admin open state owner height",
    ),
    _family(
        "tiers",
        "A membership whose level follows from the points that a member has.",
        "Raise the level when the points reach {n}.",
        "Add a bonus for members, otherwise only the points.",
        "Set the level by points, bronze below {n}, silver below {m}, gold above.",
        "Choose the factor of the points by a flag, in one expression.",
        "Add a vector of {k} purchases to the points.",
        "Keep the levels as an enum.",
        "Keep a member's points and level in a struct.",
        "Take the member's number from a witness.",
        "level best scores flags total members",
    ),
    _family(
        "machine",
        "A machine with states, and inputs that move it from one to the next.",
        "Ignore an input larger than {n}.",
        "Start the machine when it is ready, otherwise count the attempt.",
        "Choose the next state by the input, below {n}, below {m}, or above.",
        "Choose the next state by a flag, in one expression.",
        "Feed a vector of {k} inputs to the machine.",
        "Keep the states as an enum.",
        "Keep the input and the time of the last move in a struct.",
        "Take the next input from a witness.",
        "phase count height round level total",
    ),
    _family(
        "fees",
        "A treasury that takes a fee from every payment.",
        "Take no fee from a payment below {n}.",
        "Take the low fee from members, otherwise the high one.",
        "Choose the fee by the payment, below {n}, below {m}, or above.",
        "Keep the larger of the fee and {n}, chosen in one expression.",
        "Add up the fees of a vector of {k} payments.",
        "Keep the kind of a payment as an enum.",
        "Keep a payment, its payer and its amount, in a struct.",
        "Take the exchange rate from a witness.",
        "balance fee limit price total paused",
    ),
    _family(
        "batch",
        "A contract that works through batches of numbers and keeps statistics of them.",
        "Count a number only when it is larger than {n}.",
        "Add a small number to one sum, otherwise to another.",
        "Count numbers by range, below {n}, below {m}, or above.",
        "Keep the larger of two numbers, chosen in one expression.",
        "Go through a vector of {k} numbers.",
        "Keep the kind of the last batch as an enum.",
        "Keep the sum and the count in a struct.",
        "Take the next number from a witness.",
        "total sum count best height flags",
    ),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _ALL})
"""Every family by its name."""
