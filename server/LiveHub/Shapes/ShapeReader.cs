using System.Collections.Immutable;
using System.Text.Json;
using LiveHub.Model;
using LiveHub.Protocol;
using Microsoft.Extensions.Options;

namespace LiveHub.Shapes;

/// <summary>Checks what was asked for against the model and makes a shape of it.</summary>
internal sealed class ShapeReader(LiveModel model, IOptions<LiveHubOptions> options)
{
    private readonly LiveHubOptions _limits = options.Value;

    /// <exception cref="RefusedException">It cannot be subscribed to; the code says why.</exception>
    public Shape Read(SubscriptionRequest request) => ClientMessageReader.Guarded(() => ReadShape(request));

    private Shape ReadShape(SubscriptionRequest request)
    {
        if (request.Fault is { } fault)
        {
            throw fault;
        }

        var entity = model.Find(request.Entity) ?? throw new RefusedException(ErrorCodes.UnknownEntity,
            $"No entity '{ClientMessageReader.Shorten(request.Entity)}' is exposed. Check the name, or expose it on the server with Expose<T>().");
        if (request.Reserved is { } reserved)
        {
            throw new RefusedException(ErrorCodes.NotSupported, $"'{reserved}' is not supported by this server. Leave it out.");
        }

        if (request.Keys is not null && request.Where is not null)
        {
            throw Bad("A subscription has 'keys' or 'where', not both.");
        }

        var terms = request.Keys is { } keys ? [ReadKeys(entity, keys)]
            : request.Where is { } where ? ReadWhere(entity, where)
            : [];
        return new(entity, terms, ReadColumns(entity, request.Columns));
    }

    private Term ReadKeys(Entity entity, JsonElement keys)
    {
        if (keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() == 0)
        {
            throw Bad("'keys' must be a list of at least one key.");
        }

        CheckCount(keys, "keys");
        return new(entity.Key, keys.EnumerateArray().Select(key => ReadKey(entity, key)));
    }

    private static KeyValues ReadKey(Entity entity, JsonElement key)
    {
        if (entity.Key.Length == 1)
        {
            return new([ReadValue(entity, entity.Key[0], key, allowNull: false)]);
        }

        if (key.ValueKind != JsonValueKind.Object)
        {
            throw new RefusedException(ErrorCodes.WrongType,
                $"A key of '{entity}' is an object with the columns {string.Join(", ", entity.Key)}.");
        }

        return new([.. entity.Key.Select(column => key.TryGetProperty(column.Name, out var value)
            ? ReadValue(entity, column, value, allowNull: false)
            : throw new RefusedException(ErrorCodes.WrongType, $"A key of '{entity}' lacks the column '{column}'."))]);
    }

    private ImmutableArray<Term> ReadWhere(Entity entity, JsonElement where)
    {
        if (where.ValueKind != JsonValueKind.Object)
        {
            throw Bad("'where' must be an object of columns.");
        }

        var terms = ImmutableArray.CreateBuilder<Term>();
        foreach (var property in where.EnumerateObject())
        {
            if (terms.Count == _limits.MaxFilterTerms)
            {
                throw new RefusedException(ErrorCodes.TooManyTerms, $"A 'where' may have {_limits.MaxFilterTerms} terms. Use fewer.");
            }

            var column = FindColumn(entity, property.Name);
            if (terms.Any(t => t.Columns[0] == column))
            {
                throw Bad($"'where' names the column '{column}' twice.");
            }

            if (!column.CanFilter)
            {
                throw new RefusedException(ErrorCodes.NotSupported,
                    $"'{entity}.{column}' holds JSON or a list, and rows cannot be filtered by that. Filter by other columns, or on the client.");
            }

            terms.Add(new([column], ReadTerm(entity, column, property.Value).Select(v => new KeyValues([v]))));
        }

        return terms.ToImmutable();
    }

    private IEnumerable<object?> ReadTerm(Entity entity, Column column, JsonElement term)
    {
        if (term.ValueKind != JsonValueKind.Object)
        {
            return [ReadValue(entity, column, term, allowNull: true)];
        }

        var operators = term.EnumerateObject().ToList();
        if (operators.Count != 1 || operators[0].Name != "in")
        {
            var given = string.Join(", ", operators.Select(o => o.Name));
            throw new RefusedException(ErrorCodes.UnknownOperator,
                $"The term for '{column}' must be a value, or {{\"in\":[…]}}, not an object with '{ClientMessageReader.Shorten(given)}'.");
        }

        var list = operators[0].Value;
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new RefusedException(ErrorCodes.WrongType, $"'in' for '{column}' must be a list.");
        }

        CheckCount(list, "in");
        return list.EnumerateArray().Select(value => ReadValue(entity, column, value, allowNull: true)).ToList();
    }

    private static Projection ReadColumns(Entity entity, JsonElement? columns)
    {
        if (columns is not { } list)
        {
            return new(entity, entity.Exposed);
        }

        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(c => c.ValueKind != JsonValueKind.String))
        {
            throw Bad("'columns' must be a list of column names.");
        }

        return new(entity, list.EnumerateArray().Select(c => FindColumn(entity, c.GetString()!)));
    }

    private static Column FindColumn(Entity entity, string name)
        => entity.FindExposed(name) ?? throw new RefusedException(ErrorCodes.UnknownColumn,
            $"Entity '{entity}' has no column '{ClientMessageReader.Shorten(name)}'. Its columns are: {string.Join(", ", entity.Exposed.AsEnumerable())}.");

    private static object? ReadValue(Entity entity, Column column, JsonElement json, bool allowNull)
    {
        if (json.ValueKind == JsonValueKind.Null && allowNull)
        {
            return null;
        }

        return column.Codec.TryRead(json, out var value) ? value : throw new RefusedException(ErrorCodes.WrongType,
            $"'{entity}.{column}' cannot be {ClientMessageReader.Shorten(json.GetRawText())}; it takes {column.Codec.Expected}.");
    }

    private void CheckCount(JsonElement list, string name)
    {
        if (list.GetArrayLength() > _limits.MaxKeys)
        {
            throw new RefusedException(ErrorCodes.TooManyKeys, $"'{name}' may list {_limits.MaxKeys} values. Split it into several subscriptions.");
        }
    }

    private static RefusedException Bad(string message) => new(ErrorCodes.BadMessage, message);
}
