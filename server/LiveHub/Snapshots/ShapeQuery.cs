using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using LiveHub.Model;
using LiveHub.Shapes;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Snapshots;

/// <summary>
/// A shape as a query of EF Core. Values become parameters, so that shapes of the same form share one plan, and the
/// model's query filters, converters and mappings apply as in the application's own queries.
/// </summary>
internal abstract class ShapeQuery
{
    public static ShapeQuery Of(Entity entity)
        => (ShapeQuery)Activator.CreateInstance(typeof(ShapeQuery<>).MakeGenericType(entity.Type.ClrType))!;

    /// <summary>The shape's rows in the order of their keys. Values of columns that the shape does not show are null.</summary>
    public abstract IAsyncEnumerable<Row> ReadAsync(DbContext context, Shape shape, CancellationToken cancellationToken);
}

internal sealed class ShapeQuery<T> : ShapeQuery
    where T : class
{
    private static readonly MethodInfo EfProperty = typeof(EF).GetMethod(nameof(EF.Property))!;
    private static readonly MethodInfo Contains = typeof(Enumerable).GetMethods()
        .Single(m => m.Name == nameof(Enumerable.Contains) && m.GetParameters().Length == 2);

    public override async IAsyncEnumerable<Row> ReadAsync(
        DbContext context, Shape shape, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var type = shape.Entity.Type;
        IQueryable<T> query = type.HasSharedClrType ? context.Set<T>(type.Name) : context.Set<T>();
        query = query.AsNoTracking();
        var instance = Expression.Parameter(typeof(T), "e");
        foreach (var term in shape.Terms)
        {
            query = query.Where(Expression.Lambda<Func<T, bool>>(Condition(term, instance), instance));
        }

        // Not every member can be asked for alone; the entity that has it comes without what the model includes by itself.
        var whole = shape.Projection.Columns.Any(c => c.Member is { Projected: null });
        query = whole ? query.IgnoreAutoIncludes() : query;
        var rows = Order(query, shape.Entity.Key, instance).Select(Project(shape.Projection, instance, whole));
        await foreach (var values in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new(Spread(values, shape));
        }
    }

    private static IQueryable<T> Order(IQueryable<T> query, ImmutableArray<Column> key, ParameterExpression instance)
    {
        var ordered = query.OrderBy(Key(key[0]));
        foreach (var column in key.Skip(1))
        {
            ordered = ordered.ThenBy(Key(column));
        }

        return ordered;

        Expression<Func<T, object?>> Key(Column column)
            => Expression.Lambda<Func<T, object?>>(Expression.Convert(Property(column, instance), typeof(object)), instance);
    }

    private static Expression<Func<T, object?[]>> Project(Projection projection, ParameterExpression instance, bool whole)
    {
        var values = projection.Columns.Select(c => Expression.Convert(Value(c, instance), typeof(object)));
        return Expression.Lambda<Func<T, object?[]>>(
            Expression.NewArrayInit(typeof(object), whole ? values.Append(Expression.Convert(instance, typeof(object))) : values), instance);
    }

    private static Expression Value(Column column, ParameterExpression instance) => column.Member switch
    {
        null => Property(column, instance),
        { Projected: { } property } => Expression.Property(instance, property),
        _ => Expression.Constant(null),
    };

    private static object?[] Spread(object?[] values, Shape shape)
    {
        var columns = shape.Projection.Columns;
        var all = columns.Length == shape.Entity.Columns.Length && values.Length == columns.Length ? values : new object?[shape.Entity.Columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i];
            all[column.Ordinal] = column.ToRow(column.Member is { Projected: null } member ? member.Of(values[^1]!) : values[i]);
        }

        return all;
    }

    private static MethodCallExpression Property(Column column, ParameterExpression instance)
        => Expression.Call(EfProperty.MakeGenericMethod(column.Property.ClrType), instance, Expression.Constant(column.Property.Name));

    private static Expression Condition(Term term, ParameterExpression instance)
        => term.Columns.Length == 1
            ? Condition(term.Columns[0], [.. term.Values.Select(v => v[0])], instance)
            : AnyOf([.. Padded(term.Values).Select(key => term.Columns
                .Select((column, i) => Equal(column, key[i], instance))
                .Aggregate((Expression)null!, (all, next) => all is null ? next : Expression.AndAlso(all, next)))]);

    /// <summary>
    /// Up to a power of two, with the last one again: EF Core compiles and keeps a plan for each number of keys, the larger the more they are, and a client could
    /// ask for every number.
    /// </summary>
    private static IEnumerable<KeyValues> Padded(ImmutableArray<KeyValues> keys)
        => keys.Concat(Enumerable.Repeat(keys[^1], (int)BitOperations.RoundUpToPowerOf2((uint)keys.Length) - keys.Length));

    private static Expression Condition(Column column, ImmutableArray<object?> values, ParameterExpression instance)
    {
        var present = values.Where(v => v is not null).ToList();
        var alternatives = new List<Expression>();
        if (present.Count == 1)
        {
            alternatives.Add(Equal(column, present[0], instance));
        }
        else if (present.Count > 1)
        {
            var list = Parameter(present, column.Property.ClrType.MakeArrayType());
            alternatives.Add(Expression.Call(Contains.MakeGenericMethod(column.Property.ClrType), list, Property(column, instance)));
        }

        // A null compared with a column that cannot be null holds for no row.
        if (present.Count < values.Length && column.Property.IsNullable)
        {
            alternatives.Add(Equal(column, null, instance));
        }

        return AnyOf(alternatives);
    }

    private static BinaryExpression Equal(Column column, object? value, ParameterExpression instance)
        => Expression.Equal(Property(column, instance),
            value is null ? Expression.Constant(null, column.Property.ClrType) : Parameter(value, column.Property.ClrType));

    /// <summary>A balanced tree, so that a thousand keys do not make a thousand levels.</summary>
    private static Expression AnyOf(List<Expression> alternatives) => alternatives.Count switch
    {
        0 => Expression.Constant(false),
        1 => alternatives[0],
        var n => Expression.OrElse(AnyOf(alternatives[..(n / 2)]), AnyOf(alternatives[(n / 2)..])),
    };

    /// <summary>A value that EF takes as a parameter: a property of a captured object.</summary>
    private static MemberExpression Parameter(object value, Type type)
    {
        if (type.IsArray && value is List<object?> list)
        {
            var array = Array.CreateInstance(type.GetElementType()!, list.Count);
            for (var i = 0; i < list.Count; i++)
            {
                array.SetValue(list[i], i);
            }

            value = array;
        }

        var holder = typeof(Holder<>).MakeGenericType(typeof(T), type);
        return Expression.Property(Expression.Constant(Activator.CreateInstance(holder, value)), nameof(Holder<>.Value));
    }

    private sealed class Holder<TValue>(TValue value)
    {
        public TValue Value { get; } = value;
    }
}
