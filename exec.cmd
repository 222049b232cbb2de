@rem npm starts its scripts through a shell; "exec" makes that shell step aside, so that signals reach Node.
@rem The Windows shell does not know the word and has nothing to step aside from.
@%*
