using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Model;

/// <summary>The catalog's exposed entities, and rows and shapes of them, without a database.</summary>
internal static class Catalog
{
    public static readonly LiveModel Model = ModelOf<CatalogDb>(Expose);

    public static readonly Entity Book = Model.Find("Book")!;
    public static readonly Entity Copy = Model.Find("Copy")!;
    public static readonly Entity Cover = Model.Find("Cover")!;
    public static readonly Entity Genre = Model.Find("Genre")!;
    public static readonly Entity Author = Model.Find("Author")!;
    public static readonly Entity BookGenre = Model.Find("BookGenre")!;

    public static void Expose(LiveHubBuilder<CatalogDb> live) => live
        .Expose<Book>(book => book.Hide(b => b.Secret))
        .Expose<Copy>().Expose<Cover>().Expose<Genre>().Expose<Author>().Expose("BookGenre");

    /// <summary>What LiveHub makes of a context; no database is asked.</summary>
    public static LiveModel ModelOf<TContext>(Action<LiveHubBuilder<TContext>> expose)
        where TContext : DbContext
        => ServicesOf(expose).GetRequiredService<LiveModel>();

    public static ServiceProvider ServicesOf<TContext>(
        Action<LiveHubBuilder<TContext>> expose, string connectionString = "Host=none", Action<IServiceCollection>? more = null)
        where TContext : DbContext
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDbContext<TContext>(o => o.UseNpgsql(connectionString));
        services.AddLiveHub(expose);
        more?.Invoke(services);
        return services.BuildServiceProvider();
    }

    public static Column Column(Entity entity, string property) => entity.Columns.Single(c => c.PropertyName == property);

    /// <summary>An instance as the row that capture makes of it.</summary>
    public static Row Row(Entity entity, object instance)
        => new([.. entity.Columns.Select(c => c.Property.PropertyInfo!.GetValue(instance))]);

    public static Row Row(Book book) => Row(Book, book);

    public static Row Row(Copy copy) => Row(Copy, copy);

    /// <summary>Row values by property name; the rest is null.</summary>
    public static Row Row(Entity entity, params (string Property, object? Value)[] values)
        => new([.. entity.Columns.Select(c => values.FirstOrDefault(v => v.Property == c.PropertyName).Value)]);

    public static Change Change(Entity entity, Row? before, Row? after, long version = 1)
        => LiveHub.Changes.Change.Between(entity, version, before, after) ?? throw new ArgumentException("Nothing changes.", nameof(after));

    public static Changeset Changeset(params Change[] changes) => new(ChangesetId.New(TimeProvider.System.GetUtcNow()), null, [.. changes], [], 100 * changes.Length);

    public static Term Term(Entity entity, string property, params object?[] values)
        => new([Column(entity, property)], values.Select(v => new KeyValues([v])));

    public static Projection Projection(Entity entity, params string[] properties)
        => new(entity, properties.Length == 0 ? entity.Exposed : properties.Select(p => Column(entity, p)));

    public static Shape Shape(Entity entity, params Term[] terms) => new(entity, [.. terms], Projection(entity));
}
