using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Model;

/// <summary>
/// Rewrites an expression over an entity instance into the same expression over a <see cref="Row"/>. It lets through
/// only what C# and SQL agree on; everything else is refused by name, because a filter that is evaluated differently here
/// and there would show rows to those who may not see them.
/// </summary>
internal sealed class RowExpression(ParameterExpression instance, ParameterExpression row, ImmutableArray<Column> columns) : ExpressionVisitor
{
    private static readonly MethodInfo EfProperty = typeof(EF).GetMethod(nameof(EF.Property))!;
    private static readonly PropertyInfo Item = typeof(Row).GetProperty("Item")!;

    public override Expression? Visit(Expression? node) => node switch
    {
        null => null,
        _ when node == instance => throw Refuse("the entity itself, used as a value"),
        BinaryExpression or UnaryExpression or MemberExpression or MethodCallExpression or ConstantExpression or ConditionalExpression => base.Visit(node),
        _ => throw Refuse(node.ToString()),
    };

    protected override Expression VisitBinary(BinaryExpression node) => node.NodeType switch
    {
        ExpressionType.AndAlso or ExpressionType.OrElse when node.Method is null => base.VisitBinary(node),
        ExpressionType.Equal or ExpressionType.NotEqual when HasEquality(node) => Comparison(node, isEquality: true),
        ExpressionType.LessThan or ExpressionType.LessThanOrEqual or ExpressionType.GreaterThan or ExpressionType.GreaterThanOrEqual
            when HasOrder(node) => Comparison(node, isEquality: false),
        _ => throw Refuse(node.ToString()),
    };

    protected override Expression VisitUnary(UnaryExpression node)
        => node.NodeType is ExpressionType.Not && node.Type == typeof(bool) ? base.VisitUnary(node) : throw Refuse(node.ToString());

    protected override Expression VisitMember(MemberExpression node)
    {
        if (PropertyName(node) is { } name)
        {
            return Value(name, node.Type);
        }

        var chain = Chain(node).ToList();
        if (chain.Exists(n => n is ConstantExpression { Value: DbContext } || typeof(DbContext).IsAssignableFrom(n.Type)))
        {
            throw Refuse($"{node}, which belongs to one context");
        }

        // A captured variable or a static member: evaluated each time, as EF does for its parameters. But nobody says when the clock moves on.
        if (chain[^1] is ConstantExpression || (chain[^1] is MemberExpression { Expression: null } && !IsClock(node)))
        {
            return node;
        }

        return IsNullable(node.Member.DeclaringType) && node.Member.Name == nameof(Nullable<>.HasValue)
            ? base.VisitMember(node)
            : throw Refuse(node.ToString());
    }

    protected override Expression VisitMethodCall(MethodCallExpression node)
        => PropertyName(node) is { } name ? Value(name, node.Type) : throw Refuse(node.ToString());

    protected override Expression VisitConstant(ConstantExpression node)
        => node.Value is DbContext ? throw Refuse($"{node}, which belongs to one context") : node;

    private BinaryExpression Comparison(BinaryExpression node, bool isEquality)
    {
        var left = Operand(node.Left, isEquality);
        var right = Operand(node.Right, isEquality);
        if (left.Type != right.Type)
        {
            left = Expression.Convert(left, Lifted(left.Type));
            right = Expression.Convert(right, Lifted(right.Type));
        }

        return Expression.MakeBinary(node.NodeType, left, right, liftToNull: false, node.Method);
    }

    /// <summary>Null stays null where C# would throw for <c>Value</c> or a cast: SQL compares it as any other null.</summary>
    private Expression Operand(Expression node, bool isEquality)
    {
        if (node is MemberExpression { Member.Name: nameof(Nullable<>.Value) } member && IsNullable(member.Member.DeclaringType))
        {
            return Operand(member.Expression!, isEquality);
        }

        if (node is not UnaryExpression { NodeType: ExpressionType.Convert } cast)
        {
            return Visit(node)!;
        }

        if (!Conversions.Agree(cast.Operand.Type, cast.Type, isEquality))
        {
            throw Refuse(node.ToString());
        }

        var operand = Operand(cast.Operand, isEquality);
        return Expression.Convert(operand, IsNullable(operand.Type) ? Lifted(cast.Type) : cast.Type);
    }

    private UnaryExpression Value(string property, Type type)
    {
        var column = Find(property);
        if (!column.CanFilter)
        {
            throw Refuse($"'{property}', which is {(column.Member is null ? "JSON or a list" : "an owned or complex type")},");
        }

        return Bare(column.Property.ClrType) == Bare(type)
            ? Expression.Convert(Expression.MakeIndex(row, Item, [Expression.Constant(column.Ordinal)]), type)
            : throw Refuse($"'{property}' as {type.Name}");
    }

    private Column Find(string property)
        => columns.FirstOrDefault(c => c.PropertyName == property) ?? throw Refuse($"'{property}', which is not a column of this entity");

    /// <summary>Equality that a type defines itself, or that compares references, is not what the database compares.</summary>
    private static bool HasEquality(BinaryExpression node)
        => node.Left.Type.IsValueType || node.Left.Type == typeof(string)
            ? node.Method is null || Conversions.IsValue(Bare(node.Left.Type))
            : IsNull(node.Left) || IsNull(node.Right);

    /// <summary>The order of converted values is the order of what they are converted to.</summary>
    private bool HasOrder(BinaryExpression node)
        => (node.Method is null || Conversions.IsOrdered(Bare(node.Left.Type))) && !IsConverted(node.Left) && !IsConverted(node.Right);

    private bool IsConverted(Expression node)
        => Chain(node).Select(PropertyName).OfType<string>().FirstOrDefault() is { } name
           && Find(name) is { Member: null, Property: var property } && (property.GetValueConverter() is not null || property.GetProviderClrType() is not null);

    /// <summary>The property of the entity that an expression reads; null where it reads something else.</summary>
    private string? PropertyName(Expression node) => node switch
    {
        MemberExpression member when Strip(member.Expression) == instance => member.Member.Name,
        MethodCallExpression { Method: { IsGenericMethod: true } method, Arguments: [var of, ConstantExpression { Value: string name }] }
            when method.GetGenericMethodDefinition() == EfProperty && Strip(of) == instance => name,
        _ => null,
    };

    /// <summary>A member, what it is a member of, and so on.</summary>
    private static IEnumerable<Expression> Chain(Expression? node)
    {
        for (; node is not null; node = node is MemberExpression member ? member.Expression : node is UnaryExpression unary ? unary.Operand : null)
        {
            yield return node;
        }
    }

    private static Expression? Strip(Expression? node)
        => node is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } cast ? Strip(cast.Operand) : node;

    private static bool IsClock(MemberExpression node)
        => Chain(node).OfType<MemberExpression>().Any(m => m.Expression is null && m.Member.Name is "Now" or "UtcNow" or "Today");

    private static bool IsNull(Expression node) => Strip(node) is ConstantExpression { Value: null };

    private static bool IsNullable(Type? type) => type is not null && Nullable.GetUnderlyingType(type) is not null;

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static Type Lifted(Type type) => type.IsValueType && !IsNullable(type) ? typeof(Nullable<>).MakeGenericType(type) : type;

    private static RowFilterException Refuse(string what) => new(
        $"{what} cannot be evaluated on a row alone. Query filters of exposed entities may compare columns with values " +
        "(==, !=, <, <=, >, >=), test for null, and combine that with &&, || and !.");
}
