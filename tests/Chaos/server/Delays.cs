using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChaosServer;

/// <summary>
/// Holds some transactions up between their commit and the log, until more than a hundred others have passed them: in the process that commits, which knows of
/// it, or on the way, as where another process has written them. The latter only with what no invariant of several rows depends on.
/// </summary>
internal sealed class Delays : DbTransactionInterceptor
{
    private const int Passed = 110;

    /// <summary>Where not so many come. What builds on a transaction waits while that is held up in its own process.</summary>
    private static readonly TimeSpan LongestBefore = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestOnTheWay = TimeSpan.FromSeconds(4);

    private static readonly AsyncLocal<string?> Current = new();

    private readonly Lock _lock = new();
    private readonly List<(long Until, TaskCompletionSource Due)> _waiting = [];
    private readonly List<long> _versions = [];
    private long _appended;

    /// <summary>Where what the caller writes is held up.</summary>
    public static string? Asked
    {
        get => Current.Value;
        set => Current.Value = value;
    }

    /// <summary>How many changesets came into the log, how many of them after more than a hundred that were committed later, and after how many at most.</summary>
    public (long Appended, long Late, long Latest) Counts { get; private set; }

    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        => Asked == "commit" ? PassAsync(LongestBefore) : Task.CompletedTask;

    /// <summary>Completes when so many others have come.</summary>
    public Task PassAsync() => PassAsync(LongestOnTheWay);

    private async Task PassAsync(TimeSpan longest)
    {
        var due = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((_appended + Passed, due));
        }

        try
        {
            await due.Task.WaitAsync(longest);
        }
        catch (TimeoutException)
        {
            // It is late enough.
        }
    }

    /// <summary>Nothing that is held up waits any longer.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _waiting.ForEach(w => w.Due.TrySetResult());
            _waiting.Clear();
        }
    }

    public void Count(Changeset changeset)
    {
        lock (_lock)
        {
            _appended++;
            var version = changeset.Changes.Select(c => c.Version).DefaultIfEmpty(long.MaxValue).Max();
            var later = _versions.Count(v => v > version);
            if (version < long.MaxValue)
            {
                _versions.Add(version);
                _versions.RemoveRange(0, Math.Max(0, _versions.Count - 1_000));
            }

            Counts = (_appended, Counts.Late + (later > 100 ? 1 : 0), Math.Max(Counts.Latest, later));
            _waiting.FindAll(w => w.Until <= _appended).ForEach(w => w.Due.TrySetResult());
            _waiting.RemoveAll(w => w.Until <= _appended);
        }
    }
}

/// <summary>The log behind the delays.</summary>
internal sealed class DelayedLog(IBackplane log, Delays delays) : WrappedLog
{
    private int _held;

    /// <summary>How many changesets are on their way.</summary>
    public int Held => Volatile.Read(ref _held);

    protected override IBackplane Inner => log;

    public override void Append(Changeset changeset)
    {
        if (Delays.Asked == "log" && MayBeLate(changeset))
        {
            Interlocked.Increment(ref _held);
            _ = AppendLateAsync(changeset);
        }
        else
        {
            AppendNow(changeset);
        }
    }

    /// <summary>A card that has moved, and money, are looked for in two places.</summary>
    private static bool MayBeLate(Changeset changeset)
        => changeset.Invalidations.IsEmpty && changeset.Changes.All(c => c is { Operation: not Operation.Delete, Entity.Name: nameof(Card) or nameof(CardLabel) } && !HasMoved(c));

    private static bool HasMoved(Change change)
        => change.Operation == Operation.Update && change.Entity.Columns.Any(c => c.PropertyName == nameof(Card.ListId) && change.Changed.Contains(c.Ordinal));

    private async Task AppendLateAsync(Changeset changeset)
    {
        await delays.PassAsync();
        AppendNow(changeset);
        Interlocked.Decrement(ref _held);
    }

    private void AppendNow(Changeset changeset)
    {
        delays.Count(changeset);
        base.Append(changeset);
    }
}
