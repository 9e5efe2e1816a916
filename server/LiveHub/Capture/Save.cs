namespace LiveHub.Capture;

/// <summary>One SaveChanges in progress.</summary>
/// <param name="Tracked">What the change tracker says of it.</param>
/// <param name="Ticket">Holds snapshots back that may see it.</param>
internal sealed record Save(PendingSave Tracked, CommitWindow.Ticket Ticket);
