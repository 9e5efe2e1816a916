namespace BoardSample;

/// <summary>The server cannot start, for a reason that its operator can mend; the text goes to stderr.</summary>
internal sealed class StartException(string message) : Exception(message);
