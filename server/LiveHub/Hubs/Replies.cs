using LiveHub.Diagnostics;

namespace LiveHub.Hubs;

/// <summary>
/// Whole server messages that wait for one connection. They stay, whatever else is dropped; so who asks for more than it reads is not
/// listened to until they are written.
/// </summary>
internal sealed class Replies(LiveHubMetrics metrics)
{
    /// <summary>Enough that nobody who reads has to wait, and little for one who does not.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Inbox<ReadOnlyMemory<byte>> _waiting = new();
    private TaskCompletionSource? _room;
    private long _bytes;
    private bool _isClosed;

    public void Add(ReadOnlyMemory<byte> message)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _waiting.Add(message);
                Count(message.Length);
            }
        }
    }

    /// <summary>All that wait, in the order in which they came.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Take() => _waiting.Take();

    /// <summary>The transport has taken one.</summary>
    public void MarkWritten(ReadOnlyMemory<byte> message)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                Count(-message.Length);
            }
        }
    }

    /// <summary>Completes when so few wait that there may be more; cancelled when the connection is aborted.</summary>
    public Task RoomAsync(CancellationToken aborted)
    {
        if (aborted.IsCancellationRequested)
        {
            return Task.FromCanceled(aborted);
        }

        lock (_lock)
        {
            if (_bytes < MaxBytes)
            {
                return Task.CompletedTask;
            }

            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(aborted);
        }
    }

    /// <summary>Nobody is there to read them.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _waiting.Take();
                Count(-_bytes);
            }
        }
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        metrics.Waits(bytes);
        if (_bytes < MaxBytes && _room is { } room)
        {
            _room = null;
            room.SetResult();
        }
    }
}
