#!/usr/bin/env python3
"""Makes retail.csv: orders of a shop that never was, over five days, as messy as real exports are.

    make_retail.py > retail.csv        the same file each time
"""

import random
import sys
from datetime import datetime, timedelta

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
FIRST_DAY = datetime(2021, 3, 26)
FINISHES = ["RED", "BLUE", "OAK", "BRASS", "IVORY", "SLATE"]
THINGS = ["TEAPOT", "LANTERN", "DOORSTOP", "EGG CUP", "BREAD BIN", "CAKE STAND", "COAT HOOK", "TEA TOWEL", "MAGNET",
          "JIGSAW", "WIND CHIME", "BIRD TABLE"]
ODD_DESCRIPTIONS = ['FRAME 7" SQUARE', 'SIGN "BACK SOON"', "BOX, SET OF 3", "£1 MONEY BOX", "CAFÉ MUG, \"BLUE\"", " SPACED OUT ",
                    "GARLAND 36\"TURQUOISE", ""]
COUNTRIES = ["United Kingdom", "United Kingdom", "United Kingdom", "EIRE", "France"]

rng = random.Random(20210326)


def quoted(text):
    return '"%s"' % text.replace('"', '""') if any(c in text for c in '",\n') else text


def row(invoice, time, customer, country, quantity=None, price=None, description=None, date=None):
    thing = rng.randrange(len(THINGS) * len(FINISHES))
    sku = f"{70000 + thing}{rng.choice(['', '', 'A', 'B'])}"
    if description is None:
        odd = rng.random() < 0.12
        description = rng.choice(ODD_DESCRIPTIONS) if odd else f"{FINISHES[thing % 6]} {THINGS[thing // 6]}"
    quantity = rng.choice([1, 1, 1, 2, 3, 6, 12, 48]) if quantity is None else quantity
    price = rng.choice(["0.42", "0.85", "1.25", "2.1", "2.55", "3.75", "4", "8.5", "16.95", "165"]) if price is None else price
    cells = [invoice, sku, description, str(quantity), date or time.strftime("%Y-%m-%d %H:%M:%S"), price, customer, country]
    return ",".join(quoted(cell) for cell in cells)


def shopping(number, day):
    """An ordinary invoice."""
    time = FIRST_DAY + timedelta(days=day, hours=rng.randint(7, 19), minutes=rng.randint(0, 59))
    customer = rng.choice(["", str(rng.randint(12000, 12040)), str(rng.randint(12000, 12040))])
    country = rng.choice(COUNTRIES)
    rows = [row(str(number), time, customer, country) for _ in range(rng.choice([1, 2, 3, 5, 8, 21]))]
    if rng.random() < 0.15:
        rows.append(row(str(number), time, customer, country, quantity=-rng.randint(1, 9)))
    if rng.random() < 0.15:
        rows.append(row(str(number), time, customer, country, price=rng.choice(["0", "0.0", "0.00"])))
    return rows


def credit_note(number, day):
    time = FIRST_DAY + timedelta(days=day, hours=11, minutes=rng.randint(0, 59))
    return [row(f"C{number}", time, "12001", "United Kingdom", quantity=-rng.randint(1, 6)) for _ in range(rng.randint(1, 3))]


def special(number):
    """What a careless import gets wrong, each once."""
    midnight = datetime(2021, 3, 27, 23, 58)
    noon = datetime(2021, 3, 28, 12, 0)
    uk = "United Kingdom"
    n = str
    return [
        # Spans midnight, its earliest line not the first: counts on 27 March.
        [row(n(number), midnight + timedelta(minutes=4), "12002", uk), row(n(number), midnight, "12002", uk),
         row(n(number), midnight + timedelta(minutes=5), "12002", uk)],
        # Nothing is left of it.
        [row(n(number + 1), noon, "", uk, quantity=-40, price="0", description="damaged"),
         row(n(number + 1), noon, "", uk, quantity=0, price="2.55", description="?")],
        # A debt written off: a price below zero.
        [row(n(number + 2), noon, "", uk, quantity=1, price="-1106.06", description="Adjust bad debt"),
         row(n(number + 2), noon, "", uk, quantity=2, price="10.00")],
        # Every line free.
        [row(n(number + 3), noon, "12003", uk, quantity=1, price="0")],
        # 300 lines.
        [row(n(number + 4), noon + timedelta(hours=2), "12004", uk) for _ in range(300)],
        # The customer is told on one of its lines only.
        [row(n(number + 5), noon, "", uk), row(n(number + 5), noon, "12005", uk)],
        # Rows that cannot be read, among some that can.
        [row(n(number + 7), noon, "12007", uk, quantity="six"), row(n(number + 7), noon, "12007", uk, price="1.005"),
         row(n(number + 7), noon, "12007", uk, date="tomorrow"), row(n(number + 7), noon, "12007", uk),
         row("", noon, "12007", uk)],
        # The cheapest and the dearest line.
        [row(n(number + 6), noon, "12006", uk, quantity=1, price="0.01"),
         row(n(number + 6), noon, "12006", uk, quantity=80995, price="38970.00")],
    ]


def main():
    number = 810000
    groups = []
    for day in range(5):
        for _ in range(12):
            groups.append(shopping(number, day))
            number += 1
        groups.append(credit_note(number, day))
        number += 1
    groups += special(number)
    # The lines of two invoices stand between each other.
    first, second = groups[2], groups[3]
    mixed = [line for pair in zip(first, second) for line in pair] + first[len(second):] + second[len(first):]
    groups[2:4] = [mixed]
    lines = [HEADER] + [line for group in groups for line in group]
    sys.stdout.buffer.write(("\r\n".join(lines) + "\r\n").encode())


if __name__ == "__main__":
    main()
