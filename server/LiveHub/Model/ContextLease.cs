using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Model;

/// <summary>A context for a moment, from whichever registration the application made.</summary>
internal readonly struct ContextLease : IDisposable, IAsyncDisposable
{
    private readonly bool _owned;

    private ContextLease(DbContext context, bool owned)
    {
        Context = context;
        _owned = owned;
    }

    public DbContext Context { get; }

    /// <exception cref="InvalidOperationException">The type is registered neither as a context nor through a factory.</exception>
    public static ContextLease Rent<TContext>(IServiceProvider services)
        where TContext : DbContext
    {
        if (services.GetService<TContext>() is { } context)
        {
            return new(context, owned: false);
        }

        var name = typeof(TContext).Name;
        var factory = services.GetService<IDbContextFactory<TContext>>() ?? throw new InvalidOperationException(
            $"{name} is not registered. Call AddDbContext<{name}>, AddDbContextPool or AddDbContextFactory beside AddLiveHub<{name}>.");
        return new(factory.CreateDbContext(), owned: true);
    }

    public void Dispose()
    {
        if (_owned)
        {
            Context.Dispose();
        }
    }

    public ValueTask DisposeAsync() => _owned ? Context.DisposeAsync() : ValueTask.CompletedTask;
}
