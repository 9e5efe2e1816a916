using System.Linq.Expressions;

namespace LiveHub.Model;

/// <summary>Whatever may name a property in some expressions: members, and names given as text.</summary>
internal sealed class NamesIn : ExpressionVisitor
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private NamesIn()
    {
    }

    public static IReadOnlySet<string> Of(IEnumerable<Expression> expressions)
    {
        var visitor = new NamesIn();
        foreach (var expression in expressions)
        {
            visitor.Visit(expression);
        }

        return visitor._names;
    }

    protected override Expression VisitMember(MemberExpression node)
    {
        _names.Add(node.Member.Name);
        return base.VisitMember(node);
    }

    protected override Expression VisitConstant(ConstantExpression node)
    {
        if (node.Value is string name)
        {
            _names.Add(name);
        }

        return node;
    }
}
