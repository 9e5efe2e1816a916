using System.Globalization;
using LiveHub.Changes;
using Microsoft.Extensions.Options;

namespace LiveHub.Backplane;

/// <summary>The log of a single node, in memory. It begins empty, in an epoch of its own, with every process.</summary>
internal sealed class MemoryBackplane(IOptions<LiveHubOptions> options, TimeProvider time) : IBackplane
{
    private readonly LogTail _log = new(options.Value.LogRetention, time);
    private string _epoch = NewEpoch();

    public string Epoch => Volatile.Read(ref _epoch);

    public Position Begin => _log.Begin;

    public Position Head => _log.Head;

    public TransactionId Horizon => _log.Horizon;

    public DateTimeOffset? SilentSince => null;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Append(Changeset changeset) => _log.Add(changeset, RandomTag(), time.GetUtcNow());

    public void BeginEpoch()
    {
        Volatile.Write(ref _epoch, NewEpoch());

        // An offset is left out, so that whoever stood at the head sees that it has missed something.
        _log.Restart(new(_log.Head.Offset + 1, RandomTag()));
    }

    /// <summary>Whatever it was before this process, its log has nothing of it.</summary>
    public DatabaseHistory? HistoryOf(string database) => null;

    public void Observe(DatabaseHistory seen, bool isAnother)
    {
        if (isAnother)
        {
            BeginEpoch();
        }
    }

    public Task WaitUntilAskedAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    public void EndIncomplete()
    {
    }

    public ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken)
    {
        _log.RaiseHorizon(shown);
        return new(Head);
    }

    public IAsyncEnumerable<LogEntry> ReadAsync(long after, CancellationToken cancellationToken) => _log.ReadAsync(after, cancellationToken);

    private static string NewEpoch() => RandomTag().ToString("x16", CultureInfo.InvariantCulture);

    private static ulong RandomTag() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);
}
