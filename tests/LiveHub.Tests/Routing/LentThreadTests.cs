using System.Collections.Concurrent;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Routing;
using LiveHub.Tests.Model;
using Microsoft.Extensions.Options;

namespace LiveHub.Tests.Routing;

/// <summary>Which threads route and write what others append.</summary>
public sealed class LentThreadTests : IAsyncDisposable
{
    private readonly MemoryBackplane _log = new(Options.Create(new LiveHubOptions()), TimeProvider.System);
    private readonly Router _router;
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ConcurrentQueue<(int Thread, bool Here)> _told = new();
    private Task _running = Task.CompletedTask;

    public LentThreadTests()
    {
        _router = Pieces.Router(_log);
        OnThread(() => _running = _router.RunAsync(_stopping.Token));
    }

    [Fact]
    public void A_change_that_comes_alone_is_routed_by_whoever_appends_it_and_written_there_for_one_connection()
    {
        for (var i = 0; i < 3; i++)
        {
            Attach(here => _told.Enqueue((Environment.CurrentManagedThreadId, here)));
        }

        for (var i = 1; i <= 3; i++)
        {
            _told.Clear();
            var appending = OnThread(() => Append(i));
            Assert.Equal([(appending, false), (appending, false), (appending, true)], _told);
            Assert.Equal(i, _router.Routed.Offset);
        }
    }

    [Fact]
    public async Task Whoever_appends_is_held_up_by_no_change_of_others()
    {
        Attach(here =>
        {
            _told.Enqueue((Environment.CurrentManagedThreadId, here));
            if (_told.Count == 1)
            {
                OnThread(() => Append(2));
                OnThread(() => Append(3));
            }
        });
        var appending = OnThread(() => Append(1));

        // The two that came meanwhile are routed together.
        await UntilAsync(() => _told.Count == 2);
        Assert.Equal(3, _router.Routed.Offset);
        Assert.Equal((appending, true), _told.First());
        Assert.All(_told.Skip(1), told => Assert.True(told.Thread != appending && !told.Here));
    }

    [Fact]
    public async Task Whoever_appends_routes_for_few_connections_only()
    {
        for (var i = 0; i < 65; i++)
        {
            Attach(here => _told.Enqueue((Environment.CurrentManagedThreadId, here)));
        }

        var appending = OnThread(() => Append(1));
        await UntilAsync(() => _told.Count == 65);
        Assert.All(_told, told => Assert.True(told.Thread != appending && !told.Here));
    }

    [Theory, InlineData(9, false), InlineData(1, true)]
    public async Task Whoever_appends_routes_few_changes_only(int changes, bool invalidates)
    {
        Attach(here => _told.Enqueue((Environment.CurrentManagedThreadId, here)));
        var changeset = Catalog.Changeset([.. Enumerable.Range(1, changes).Select(i => Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = i }), 1))]);
        var appending = OnThread(() => _log.Append(changeset with { Invalidations = invalidates ? [Invalidation.Of(Catalog.Copy)] : [] }));
        await UntilAsync(() => _told.Count == 1);
        Assert.All(_told, told => Assert.True(told.Thread != appending && !told.Here));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <returns>Its thread.</returns>
    private static int OnThread(Action action)
    {
        Exception? fault = null;
        var thread = new Thread(() => fault = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(fault);
        return thread.ManagedThreadId;
    }

    private void Append(int id) => _log.Append(Catalog.Changeset(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = id }), id)));

    private void Attach(Action<bool> onReady)
    {
        var queue = Pieces.Queue(onReady: onReady);
        _router.Attach(queue);
        _router.Join(Catalog.Shape(Catalog.Book), queue);
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1, _stopping.Token);
        }
    }
}
