"""The exponential function in whole numbers, so that every machine and every build has the same digits."""


def exp_minus(numerator: int, denominator: int, bits: int, squares: int) -> int:
    """Return e to the minus numerator / denominator, as a multiple of 2^(−bits); the power is 0 or more.

    It is the series for a 2^(−squares)th of the power, which is squared so often.

    >>> exp_minus(0, 1, 32, 7) == 1 << 32, exp_minus(1, 1, 32, 7) * 10**6 >> 32
    (True, 367879)
    """
    unit = 1 << bits
    small = (numerator << bits) // (denominator << squares)
    term = total = unit
    number = 0
    while term:
        number += 1
        term = term * small // (number << bits)
        total += -term if number % 2 else term
    for _ in range(squares):
        total = total * total >> bits
    return total
