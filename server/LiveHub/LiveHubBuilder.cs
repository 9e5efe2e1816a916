using LiveHub.Capture;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub;

/// <summary>Says what of a context clients may subscribe to. Nothing is exposed that is not named here.</summary>
/// <typeparam name="TContext">The context whose saves are captured.</typeparam>
public sealed class LiveHubBuilder<TContext>
    where TContext : DbContext
{
    private readonly List<EntityOptions> _exposed = [];

    internal LiveHubBuilder()
    {
    }

    internal IReadOnlyList<EntityOptions> Exposed => _exposed;

    /// <summary>What capture can have from the database; packages for a database set it.</summary>
    internal Database Database { get; set; } = Database.Any;

    /// <summary>
    /// Registers the log that several nodes share, instead of the one in memory; packages for one add it. The log is that of all contexts, registered before or after this one.
    /// </summary>
    internal Action<IServiceCollection>? Backplane { get; set; }

    /// <summary>
    /// Exposes an entity type: its mapped CLR properties, except those that are hidden or carry
    /// <see cref="System.Text.Json.Serialization.JsonIgnoreAttribute"/>. Global query filters hold, live too.
    /// </summary>
    /// <typeparam name="TEntity">An entity type of the model with a primary key; not an owned type.</typeparam>
    /// <param name="configure">Narrows what is shown.</param>
    /// <param name="name">What clients call it; by default the CLR type's name. Unique over all contexts.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <remarks>What does not fit the model is reported at start-up, all faults together.</remarks>
    public LiveHubBuilder<TContext> Expose<TEntity>(Action<EntityBuilder<TEntity>>? configure = null, string? name = null)
        where TEntity : class
    {
        CheckName(name);
        var options = new EntityOptions(typeof(TEntity), typeName: null, name);
        configure?.Invoke(new(options));
        _exposed.Add(options);
        return this;
    }

    /// <summary>Exposes an entity type by its name in the model, for types that share a CLR type: the join entity of a skip navigation.</summary>
    /// <param name="entityType">The name in the model, for example <c>"CardLabel"</c>.</param>
    /// <param name="name">What clients call it; by default <paramref name="entityType"/>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException"><paramref name="entityType"/> or <paramref name="name"/> is empty.</exception>
    public LiveHubBuilder<TContext> Expose(string entityType, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(entityType);
        CheckName(name);
        _exposed.Add(new(clrType: null, entityType, name));
        return this;
    }

    private static void CheckName(string? name)
    {
        if (name is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        }
    }
}
