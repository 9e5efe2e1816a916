using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Routing;

/// <summary>A router, its log, and queues that join it.</summary>
public abstract class RouterSetup : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ServiceProvider _services = Measured.Services();
    private readonly List<Task> _running = [];

    private protected RouterSetup() => Router = Pieces.Router(Log, services: _services);

    private protected LosingLog Log { get; } = new();

    private protected Router Router { get; }

    private protected IServiceProvider Services => _services;

    private protected CancellationToken Stopping => _stopping.Token;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
        _stopping.Dispose();
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static Changeset Insert(int id, int shelf) => Catalog.Changeset(Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = id, ShelfId = shelf }), id));

    /// <summary>Its rows have no values, so that whoever looks at them fails.</summary>
    private protected static Change Broken() => Catalog.Changeset(Catalog.Change(Catalog.Book, null, new Row([]))).Changes[0];

    private protected static List<long> Offsets(SendQueue queue) => [.. queue.TakeAll().Select(d => d.Change.Position.Offset)];

    private protected void Start(Router? other = null) => _running.Add((other ?? Router).RunAsync(Stopping));

    private protected SendQueue Join(params Term[] terms)
    {
        var queue = Pieces.Queue();
        Attach(queue, Catalog.Shape(Catalog.Book, terms));
        return queue;
    }

    private protected void Attach(SendQueue queue, params Shape[] shapes)
    {
        Router.Attach(queue);
        foreach (var shape in shapes)
        {
            Router.Join(shape, queue);
        }
    }
}
