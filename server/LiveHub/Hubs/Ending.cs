namespace LiveHub.Hubs;

/// <summary>
/// Ends what is going on for one connection when the connection does. What is cancelled by, and all that hangs on it, is there only while something is going on: most connections stand
/// still.
/// </summary>
internal sealed class Ending
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _source;
    private int _begun;
    private bool _hasEnded;

    /// <summary>Whether the connection has ended.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded);

    /// <summary>Cancelled when the connection ends; for what has begun and is not finished.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_lock)
            {
                return _hasEnded ? new(canceled: true) : _source!.Token;
            }
        }
    }

    /// <summary>Something begins for the connection.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _begun++;
            _source ??= new();
        }
    }

    /// <summary>Something that has begun is finished.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            if (--_begun == 0)
            {
                _source = null;
            }
        }
    }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        CancellationTokenSource? source;
        lock (_lock)
        {
            _hasEnded = true;
            source = _source;
        }

        source?.Cancel();
    }
}
