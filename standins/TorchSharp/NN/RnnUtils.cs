namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            public static partial class rnn
            {
                /// <summary>Packs padded sequences; lengths are int64 on the CPU.</summary>
                public static PackedSequence pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first = false, bool enforce_sorted = true)
                {
                    using DisposeScope scope = NewDisposeScope();
                    Tensor here = lengths.to(ScalarType.Int64).cpu();
                    Tensor? sorted = null, unsorted = null;
                    if (!enforce_sorted)
                    {
                        (here, sorted) = here.sort(-1, true);
                        unsorted = sorted.argsort().to(input.device);
                        sorted = sorted.to(input.device);
                        input = input.index_select(batch_first ? 0 : 1, sorted);
                    }
                    (Tensor data, Tensor batchSizes) = Aten._pack_padded_sequence.Call2(input, here, batch_first);
                    return new PackedSequence(data, batchSizes, sorted!, unsorted!).MoveToOuterDisposeScope();
                }

                public static (Tensor, Tensor) pad_packed_sequence(PackedSequence sequence, bool batch_first = false, double padding_value = 0,
                    long? total_length = null)
                {
                    using DisposeScope scope = NewDisposeScope();
                    (Tensor padded, Tensor lengths) =
                        Aten._pad_packed_sequence.Call2(sequence.data, sequence.batch_sizes, batch_first, padding_value, total_length ?? 0);
                    if (sequence.unsorted_indices is { } unsorted)
                    {
                        padded = padded.index_select(batch_first ? 0 : 1, unsorted);
                        lengths = lengths.index_select(0, unsorted.cpu());
                    }
                    return scope.MoveToOuter(padded, lengths);
                }

                public static Tensor pad_sequence(IEnumerable<Tensor> sequences, bool batch_first = false, double padding_value = 0) =>
                    Aten.pad_sequence.Call(sequences.ToArray(), batch_first, padding_value);

                public static PackedSequence pack_sequence(IEnumerable<Tensor> sequences, bool enforce_sorted = true)
                {
                    using DisposeScope scope = NewDisposeScope();
                    Tensor[] all = sequences.ToArray();
                    Tensor lengths = tensor(all.Select(s => s.shape[0]).ToArray());
                    return pack_padded_sequence(pad_sequence(all), lengths, false, enforce_sorted).MoveToOuterDisposeScope();
                }
            }
        }
    }
}
