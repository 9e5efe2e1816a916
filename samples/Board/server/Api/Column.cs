using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace BoardSample.Api;

/// <summary>A field of a set: its name in JSON and how its values are read and checked. What it lets through, its database column can store.</summary>
internal abstract class Column(IProperty property)
{
    public string Name { get; } = JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    public bool IsKey { get; } = property.IsPrimaryKey();

    /// <summary>True when an insert must name it: the entity declares it <c>required</c>.</summary>
    public bool IsRequired { get; } = property.PropertyInfo!.IsDefined(typeof(RequiredMemberAttribute), inherit: false);

    public bool IsText => property.ClrType == typeof(string);

    /// <summary>True when only the database gives its values.</summary>
    public bool IsGenerated => IsKey && property.ClrType == typeof(int);

    public IProperty Property => property;

    /// <summary>Its value in a row.</summary>
    public object? Get(object row) => property.GetGetter().GetClrValue(row);

    /// <summary>A value from a JSON body, as the database will store it.</summary>
    public object? Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Null)
        {
            return property.IsNullable ? null : throw Bad("must not be null");
        }

        try
        {
            return Storable(json.Deserialize(property.ClrType, ApiJson.Options)!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            throw Bad($"must be {Kind}");
        }
    }

    /// <summary>A value from a query string or path, where <c>null</c> stands for no value.</summary>
    public object? Parse(string text)
    {
        if (text == "null" && property.IsNullable)
        {
            return null;
        }

        if (IsText)
        {
            return Storable(text);
        }

        try
        {
            var isQuoted = property.ClrType == typeof(Guid) || Kind == TimeKind;
            return Read(isQuoted ? JsonSerializer.SerializeToElement(text) : JsonElement.Parse(text));
        }
        catch (JsonException)
        {
            throw Bad($"must be {Kind}");
        }
    }

    private object Storable(object value) => value switch
    {
        string text when text.Contains('\0', StringComparison.Ordinal) => throw Bad("must not contain the character U+0000"),
        string text when property.GetMaxLength() is { } max && text.EnumerateRunes().Count() > max => throw Bad($"is longer than {max} characters"),
        double number when !double.IsFinite(number) => throw Bad("must be a finite number"),
        decimal number => Rounded(number),
        Guid id when id == Guid.Empty => throw Bad("must not be the empty id"),
        _ => value,
    };

    /// <summary>Rounds as PostgreSQL's numeric(precision, scale) does, so that EF's copy of the row equals the stored one, down to its zeros.</summary>
    private decimal Rounded(decimal number)
    {
        var scale = property.GetScale() ?? 0;
        var limit = (decimal)Math.Pow(10, (property.GetPrecision() ?? 28) - scale);
        var rounded = Math.Round(number, scale, MidpointRounding.AwayFromZero);
        return Math.Abs(rounded) < limit
            ? rounded + new decimal(0, 0, 0, isNegative: false, (byte)scale)
            : throw Bad($"must be between -{limit} and {limit}");
    }

    private const string TimeKind = "a time in ISO 8601";

    private string Kind => (Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType) switch
    {
        var type when type == typeof(string) => "a string of valid Unicode",
        var type when type == typeof(bool) => "true or false",
        var type when type == typeof(int) => "a whole number of 32 bits",
        var type when type == typeof(DateTimeOffset) => TimeKind,
        var type when type == typeof(Guid) => "a UUID",
        _ => "a number",
    };

    private ApiException Bad(string why) => ApiException.BadField(Name, why);
}

/// <summary>A column in queries and bulk updates over its entity.</summary>
internal abstract class Column<TEntity>(IProperty property) : Column(property)
{
    public abstract IQueryable<TEntity> Where(IQueryable<TEntity> rows, object? value);

    public abstract void Set(UpdateSettersBuilder<TEntity> setters, object? value);

    public static Column<TEntity> Of(IProperty property) =>
        (Column<TEntity>)Activator.CreateInstance(typeof(Column<,>).MakeGenericType(typeof(TEntity), property.ClrType), property)!;
}

/// <inheritdoc/>
internal sealed class Column<TEntity, TValue>(IProperty property) : Column<TEntity>(property)
{
    private readonly string _name = property.Name;

    public override IQueryable<TEntity> Where(IQueryable<TEntity> rows, object? value)
    {
        var wanted = (TValue?)value;
        return rows.Where(row => Equals(EF.Property<TValue>(row!, _name), wanted));
    }

    public override void Set(UpdateSettersBuilder<TEntity> setters, object? value) =>
        setters.SetProperty(row => EF.Property<TValue>(row!, _name), (TValue)value!);
}
