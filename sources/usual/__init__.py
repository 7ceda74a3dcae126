"""Reads records as most of a source's records are: by type, in a fraction of the time that reading any record takes.

    value ─► the fields of the record, by type ─► the properties of its event's type, by type ─► one event
                 │ anything else: other fields that matter, values of other types, what the contract refuses
                 └─► None: the source decides, which reads every record

Rule: what is read here is what the source itself makes of the record (tests/test_usual.py), and no error is raised.
Fields that nothing needs are skipped. As in events of our own contract, a number in what is skipped may be larger than
any number can be.
"""
