using LiveHub.Changes;

namespace LiveHub.Hubs;

/// <summary>How far a connection has come. For its pump alone, but for <see cref="Told"/>.</summary>
internal sealed class Progress
{
    private Position _position;
    private long _told;

    /// <summary>The end of the last step: everything up to here was written.</summary>
    public Position Position
    {
        get => _position;
        set
        {
            _position = value;
            Volatile.Write(ref _told, value.Offset);
        }
    }

    /// <summary>The offset that the client was told last.</summary>
    public long Told => Volatile.Read(ref _told);

    /// <summary>Where the router was when the queue was last taken: what came up to here was written.</summary>
    public Position Written { get; set; }

    /// <summary>No snapshot that the client has shows a transaction from here on.</summary>
    public TransactionId Horizon { get; private set; }

    public void RaiseHorizon(TransactionId reaches) => Horizon = reaches.Value > Horizon.Value ? reaches : Horizon;
}
