namespace LiveHub.Routing;

/// <summary>The connection has ended, or is given up: nothing more is written to it but a farewell.</summary>
internal sealed class QueueClosedException() : Exception("The connection has ended.");
