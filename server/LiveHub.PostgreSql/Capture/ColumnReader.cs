using System.Data.Common;
using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Reads a column's value as EF Core's own queries do: the same mapping, the same converter, the same CLR type.</summary>
internal static class ColumnReader
{
    /// <param name="isPart">Of a member, which is absent where its parts are null.</param>
    public static Func<DbDataReader, int, object?> Of(IProperty property, bool isPart = false)
    {
        var reader = Expression.Parameter(typeof(DbDataReader), "reader");
        var ordinal = Expression.Parameter(typeof(int), "ordinal");
        var mapping = (RelationalTypeMapping)property.GetTypeMapping();
        var converter = property.GetValueConverter() ?? mapping.Converter;
        var value = Expression.Convert(Convert(Read(mapping, reader, ordinal), converter, property.ClrType), typeof(object));
        var isNull = Expression.Call(reader, nameof(DbDataReader.IsDBNull), null, ordinal);
        var none = converter is { ConvertsNulls: true }
            ? (Expression)Expression.Convert(Convert(Expression.Default(converter.ProviderClrType), converter, property.ClrType), typeof(object))
            : None(isPart ? typeof(object) : property.ClrType);
        return Expression.Lambda<Func<DbDataReader, int, object?>>(Expression.Condition(isNull, none, value), reader, ordinal).Compile();
    }

    /// <summary>
    /// A column of a derived type can be null for rows of other types, and stays so where a row is replaced by one of that type with the value that .NET begins with:
    /// EF Core does not write that, and reads it back as such.
    /// </summary>
    private static Expression None(Type type)
        => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Expression.Convert(Expression.Default(type), typeof(object)) : Expression.Constant(null, typeof(object));

    private static Expression Read(RelationalTypeMapping mapping, Expression reader, Expression ordinal)
    {
        var method = mapping.GetDataReaderMethod();
        var instance = method.DeclaringType == typeof(DbDataReader) ? reader : Expression.Convert(reader, method.DeclaringType!);
        return mapping.CustomizeDataReaderExpression(Expression.Call(instance, method, ordinal));
    }

    private static Expression Convert(Expression value, ValueConverter? converter, Type type)
    {
        if (converter is not null)
        {
            var lambda = converter.ConvertFromProviderExpression;
            value = Expression.Invoke(lambda, Fit(value, lambda.Parameters[0].Type));
        }

        return Fit(value, type);
    }

    private static Expression Fit(Expression value, Type type) => value.Type == type ? value : Expression.Convert(value, type);
}
