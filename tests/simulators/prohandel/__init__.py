"""A ProHandel cloud on this machine: the same paths, headers and quirks, invented data.

    python -m tests.simulators.prohandel --port 8700 [--company NAME:KEY:SECRET:LINES:SEED]

What only the simulator has:

    POST /_simulator/advance?days=1[&company=NAME]  let days pass
    GET  /_simulator/truth?company=NAME             every figure, added up without any SQL
    GET  /_simulator/requests                       what was asked for, full or changed
    POST /_simulator/reset-requests                 start counting anew
    POST /_simulator/expire-tokens                  end all access tokens
"""
