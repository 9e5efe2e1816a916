using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace LiveHub.PostgreSql.Tests.Capture.Sequences;

/// <summary>Rows of one type, for whoever writes them at random.</summary>
internal abstract class Kind
{
    /// <summary>Names of the entities that it may touch.</summary>
    public abstract string[] Entities { get; }

    public abstract Type ContextType { get; }

    public abstract object New(Random random);

    public abstract void Change(object row, Random random);

    /// <summary>One of the rows that are there.</summary>
    public abstract Task<object?> PickAsync(DbContext db, Random random, bool tracked);

    public abstract Task<int> UpdateAllAsync(DbContext db);

    public abstract Task<int> DeleteAllAsync(DbContext db);

    /// <summary>An instance that knows its key and nothing else.</summary>
    public static object Stub(DbContext db, object row)
    {
        var stub = Activator.CreateInstance(row.GetType())!;
        CopyKey(db, row, stub);
        return stub;
    }

    public static void CopyKey(DbContext db, object from, object to)
    {
        foreach (var property in db.Model.FindEntityType(from.GetType())!.FindPrimaryKey()!.Properties.Cast<IProperty>())
        {
            property.PropertyInfo!.SetValue(to, property.PropertyInfo.GetValue(from));
        }
    }
}

/// <param name="create">A new row, whose key may be taken already.</param>
/// <param name="with">What is loaded with a row.</param>
/// <param name="others">Entities that a write may touch beside its own.</param>
internal sealed class Kind<TContext, T>(
    Func<Random, T> create, Action<T, Random> change, string? name = null, Func<IQueryable<T>, IQueryable<T>>? with = null, params string[] others) : Kind
    where TContext : DbContext
    where T : class
{
    private const int Few = 6;

    public override string[] Entities { get; } = [name ?? typeof(T).Name, .. others];

    public override Type ContextType => typeof(TContext);

    public override object New(Random random) => create(random);

    public override void Change(object row, Random random) => change((T)row, random);

    public override async Task<object?> PickAsync(DbContext db, Random random, bool tracked)
    {
        var rows = db.Set<T>().IgnoreQueryFilters();
        rows = with?.Invoke(rows) ?? rows;
        var some = await (tracked ? rows : rows.AsNoTracking()).AsSplitQuery().OrderBy(r => EF.Property<object>(r, KeyOf(db))).Take(Few).ToListAsync();
        return some.Count == 0 ? null : some[random.Next(some.Count)];
    }

    public override Task<int> UpdateAllAsync(DbContext db)
        => db.Model.FindEntityType(typeof(T))!.FindProperty("Name") is null
            ? Task.FromResult(0)
            : db.Set<T>().IgnoreQueryFilters().ExecuteUpdateAsync(s => s.SetProperty(r => EF.Property<string>(r, "Name"), "bulk"));

    public override Task<int> DeleteAllAsync(DbContext db) => db.Set<T>().IgnoreQueryFilters().ExecuteDeleteAsync();

    private static string KeyOf(DbContext db) => db.Model.FindEntityType(typeof(T))!.FindPrimaryKey()!.Properties[0].Name;
}
