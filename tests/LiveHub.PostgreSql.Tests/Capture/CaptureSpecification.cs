using System.Transactions;
using LiveHub.Backplane;
using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>
/// The same writes in, the same changesets out, whichever way they are captured: it looks at nothing but the log. After each test
/// its changesets, applied to what was there before, must give exactly the database's rows, each before being what was held.
/// </summary>
public abstract partial class CaptureSpecification(CaptureDatabase database) : IAsyncLifetime
{
    /// <summary>Longer than the way of a changeset of whose commit capture has to ask.</summary>
    private static readonly TimeSpan AfterQuestions = TimeSpan.FromMilliseconds(120);

    private CaptureApp _app = null!;
    private bool _ordersByVersion;
    private Replica _replica = null!;
    private long _start;
    private readonly HashSet<Type> _contexts = [];

    /// <summary>How the changesets come into the log.</summary>
    private protected abstract ICaptureMode Mode { get; }

    public async ValueTask InitializeAsync()
    {
        await database.ResetAsync();
        _app = await database.AppAsync(Mode);
        await FollowAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var entry in await ReadAsync())
        {
            _replica.Apply(entry);
        }

        foreach (var entity in _app.Model.Entities.Where(e => e.Name != nameof(Mark) && _contexts.Contains(e.ContextType)))
        {
            await _replica.CheckAsync(entity);
        }
    }

    /// <summary>Another application than the usual one, from here on; tests that call it the same share it.</summary>
    private async Task StartAppAsync(string name, Action<CaptureAppOptions> configure)
    {
        _app = await database.AppAsync(Mode, name, configure);
        await FollowAsync();
    }

    private async Task FollowAsync()
    {
        _start = (await _app.Log.ReadHeadAsync(default)).Offset;
        _replica = new(database);
        foreach (var entity in _app.Model.Entities)
        {
            // Tables are empty but for the shelves; reading them all would take most of the suite's time.
            await _replica.LoadAsync(entity, isEmpty: entity.Type.ClrType != typeof(Shelf));
        }
    }

    /// <summary>Runs something with a context of its own.</summary>
    private Task ShopAsync(Func<ShopDb, Task> use)
    {
        _contexts.Add(typeof(ShopDb));
        return _app.WithAsync(use);
    }

    private Task YardAsync(Func<YardDb, Task> use)
    {
        _contexts.Add(typeof(YardDb));
        return _app.WithAsync(use);
    }

    /// <summary>Writes something that is no part of the test: it is taken for given.</summary>
    private async Task GivenAsync<TContext>(params object[] rows)
        where TContext : DbContext
    {
        await _app.WithAsync<TContext>(async db =>
        {
            db.AddRange(rows);
            await db.SaveChangesAsync();
        });
        _contexts.Add(typeof(TContext));
        foreach (var entry in await ReadAsync())
        {
            _replica.Apply(entry);
            _start = entry.Position.Offset;
        }
    }

    /// <summary>The entries since the test began, once everything that was committed is in the log; how many are awaited, where questions have to be asked.</summary>
    private async Task<IReadOnlyList<LogEntry>> ReadAsync(int expected = 0)
    {
        var mark = new Mark { Id = Guid.NewGuid() };
        using (new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled))
        {
            await _app.WithAsync<YardDb>(async db =>
            {
                db.Add(mark);
                await db.SaveChangesAsync();
            });
        }

        IReadOnlyList<LogEntry> entries = [];
        await Until.TrueAsync(
            () =>
            {
                entries = _app.Log.ReadRangeAsync(_start, _app.Log.ReadHeadAsync(default).AsTask().Result.Offset, default).AsTask().Result!;
                return entries.Any(e => IsMark(e, mark.Id)) && entries.Count(e => !IsMark(e)) >= expected;
            },
            () => $"{expected} changesets did not come; there are {string.Join(" | ", entries.Select(e => string.Join(", ", LogText.Of(e))))}");
        entries = [.. entries.Where(e => !IsMark(e))];
        return _ordersByVersion ? [.. entries.OrderBy(e => e.Changeset.Changes[0].Version)] : entries;

        static bool IsMark(LogEntry entry, Guid? id = null)
            => entry.Changeset.Changes is [{ Entity.Name: nameof(Mark) } change] && (id is null || Equals(change.After![0], id));
    }

    /// <summary>The changesets since the test began, each a list of texts: <c>Update Item 1 old name -> new name</c>, <c>Again Item</c>.</summary>
    private async Task<IReadOnlyList<string[]>> LogAsync(int expected = 0) => [.. (await ReadAsync(expected)).Select(LogText.Of)];

    /// <summary>The same, when whoever has to ask for a transaction's end has had the time.</summary>
    private async Task<IReadOnlyList<string[]>> LogAfterQuestionsAsync()
    {
        await Task.Delay(AfterQuestions);
        return await LogAsync();
    }
}
