using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => Aten.select_int.Call(this, 0, i1);
            set => Set([i1], value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => At([i1, i2]);
            set => Set([i1, i2], value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => At([i1, i2, i3]);
            set => Set([i1, i2, i3], value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => At([i1, i2, i3, i4]);
            set => Set([i1, i2, i3, i4], value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => At(indices);
            set => Set(indices, value);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor view, Tensor?[]? places) = Resolve(indices);
            Tensor result = places is null ? view : Aten.index_Tensor.Call(view, places);
            return (ReferenceEquals(result, this) ? alias() : result).MoveToOuterDisposeScope();
        }

        public Tensor index(params Tensor[] indices) => index(AsIndices(indices));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor view, Tensor?[]? places) = Resolve(indices);
            if (places is not null) Aten.index_put_.Update(view, places, value, accumulate);
            else if (accumulate) Aten.add__Tensor.Update(view, value);
            else Aten.copy_.Update(view, value);
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, AsIndices(indices), false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => index_put_(value, AsIndices(indices), accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using Tensor number = torch.full([], value, dtype, device);
            return index_put_(number, indices, false);
        }

        private Tensor At(long[] indices)
        {
            Tensor at = this;
            foreach (long i in indices)
            {
                Tensor next = Aten.select_int.Call(at, 0, i);
                if (!ReferenceEquals(at, this)) at.Dispose();
                at = next;
            }
            return ReferenceEquals(at, this) ? alias() : at;
        }

        private void Set(long[] indices, Tensor value)
        {
            using Tensor place = At(indices);
            Aten.copy_.Update(place, value);
        }

        private static TensorIndex[] AsIndices(Tensor[] tensors) => Array.ConvertAll(tensors, TensorIndex.Tensor);

        /// <summary>Applies numbers, slices and new axes as views; what remains are the tensors to gather by, if any.</summary>
        private (Tensor View, Tensor?[]? Places) Resolve(TensorIndex[] indices)
        {
            Tensor view = this;
            var places = new List<Tensor?>();
            int dim = 0;
            for (int n = 0; n < indices.Length; n++)
            {
                TensorIndex i = indices[n];
                switch (i.kind)
                {
                    case TensorIndex.Kind.Single:
                        view = Aten.select_int.Call(view, dim, i.start!.Value);
                        break;
                    case TensorIndex.Kind.Slice:
                        if (i.start is not null || i.stop is not null || i.step is not null)
                            view = Aten.slice_Tensor.Call(view, dim, i.start, i.stop, i.step ?? 1);
                        dim++;
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        dim += (int)(view.Dimensions - dim - indices.Skip(n + 1).Sum(Consumes));
                        break;
                    case TensorIndex.Kind.Tensor:
                        while (places.Count < dim) places.Add(null);
                        places.Add(i.tensor);
                        dim += i.tensor!.dtype is ScalarType.Bool or ScalarType.Byte ? (int)i.tensor.Dimensions : 1;
                        break;
                    case TensorIndex.Kind.Bool:
                        view = Aten.unsqueeze.Call(view, dim);
                        while (places.Count < dim) places.Add(null);
                        places.Add(torch.tensor(i.start != 0, device: device).reshape(1));
                        dim++;
                        break;
                    default:
                        view = Aten.unsqueeze.Call(view, dim++);
                        break;
                }
            }
            return (view, places.Count == 0 ? null : places.ToArray());
        }

        /// <summary>How many dimensions of the tensor an index uses up.</summary>
        private static int Consumes(TensorIndex i) => i.kind switch
        {
            TensorIndex.Kind.Single or TensorIndex.Kind.Slice => 1,
            TensorIndex.Kind.Tensor => i.tensor!.dtype is ScalarType.Bool or ScalarType.Byte ? (int)i.tensor.Dimensions : 1,
            _ => 0,
        };
    }
}
